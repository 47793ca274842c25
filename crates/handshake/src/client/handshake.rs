//! The handshake of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use http::StatusCode;
use sockeye_errors::{
    HandshakeError, HeaderErrorKind, InvalidHeader, InvalidMessage, InvalidProtocol, InvalidStatus,
    InvalidUpgrade, NegotiationError,
};

use super::options::ClientOptions;
use crate::{
    extension::Extension,
    http1::{
        Body, HeadKind, HeadReader, HeadWriter, HeaderLines, header_names, invalid_header,
        is_reserved, is_token, require_token,
    },
    key::{Key, accept_for},
    request::Request,
    response::Response,
    subprotocol::Subprotocols,
    uri::WebSocketUri,
};

/// The handshake of a client, from the request to the validated response.
///
/// Send [`request_bytes`](Self::request_bytes) and nothing after them. Pass received bytes to [`handle_received`](Self::handle_received) until it
/// returns the result, and the end of the stream to [`handle_eof`](Self::handle_eof). The first error is final.
///
/// # Examples
///
/// ```
/// use sockeye::client::{ClientHandshake, ClientOptions};
///
/// let uri = "ws://server.example.com/chat".parse()?;
/// let nonce = *b"the sample nonce";
/// let mut handshake = ClientHandshake::new(&uri, &ClientOptions::default(), nonce)?;
/// assert!(handshake.request_bytes().starts_with(b"GET /chat HTTP/1.1\r\n"));
///
/// let received = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02Hi";
/// let (accepted, length) = handshake.handle_received(received)?.expect("the head is whole");
/// assert_eq!(accepted.subprotocol, None);
/// assert_eq!(&received[length..], b"\x81\x02Hi"); // the first frame
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ClientHandshake {
    request: Request,
    accept: String,
    subprotocols: Subprotocols,
    extensions: Vec<String>,
    max_body: usize,
    reader: HeadReader,
    state: State,
}

/// The result of a client's handshake that the server has accepted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The request that was sent.
    pub request: Request,
    /// The response that was received.
    pub response: Response,
    /// The subprotocol that the server selected from those that the client offered.
    pub subprotocol: Option<String>,
    /// The extensions that the server selected. Each name was offered, and none occurs twice; the parameters are not checked.
    pub extensions: Vec<Extension>,
}

#[derive(Debug)]
enum State {
    Head { interim: u8 },
    Body { response: Response, body: Body },
    Over(HandshakeError),
}

impl ClientHandshake {
    /// Begins a handshake. `nonce` must be random and used for this handshake only.
    ///
    /// # Errors
    ///
    /// Returns an error if the handshake sets a header of the options itself, if a header cannot be sent, or if a header that may
    /// occur once occurs twice.
    pub fn new(
        uri: &WebSocketUri,
        options: &ClientOptions,
        nonce: [u8; 16],
    ) -> Result<Self, HandshakeError> {
        let key = Key::new(nonce);
        Ok(Self {
            request: Request::parse(&head(uri, options, &key)?)?,
            accept: accept_for(key.as_str()),
            subprotocols: options.subprotocols.clone(),
            extensions: options.extensions.iter().map(|extension| extension.name.clone()).collect(),
            max_body: options.limits.max_body,
            reader: HeadReader::new(HeadKind::Response, options.limits),
            state: State::Head { interim: 0 },
        })
    }

    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the bytes of the request, to be sent to the server.
    pub fn request_bytes(&self) -> &[u8] {
        self.request.head().as_bytes()
    }

    /// Processes received bytes. Returns the result and the number of bytes of `chunk` that belong to the response once the
    /// response is complete and valid; `None` if more bytes are needed. The bytes after the response are frames.
    ///
    /// # Errors
    ///
    /// Returns [`HandshakeError::InvalidStatus`] with status, headers and body once the server has rejected the request and the
    /// body is complete. Returns other errors if the response is malformed, exceeds its limits, or does not belong to the request.
    pub fn handle_received(
        &mut self,
        chunk: &[u8],
    ) -> Result<Option<(Negotiated, usize)>, HandshakeError> {
        let outcome = self.advance(chunk);
        match &outcome {
            Ok(None) => {}
            Ok(Some(_)) => self.state = State::Over(InvalidMessage::malformed(DONE).into()),
            Err(error) => self.state = State::Over(error.clone()),
        }
        outcome
    }

    /// Processes the end of the stream. Returns the rejection whose body ends here, or an error about a truncated response.
    pub fn handle_eof(&mut self) -> HandshakeError {
        let error = match &self.state {
            State::Head { .. } => InvalidMessage::truncated().into(),
            State::Body { response, body } => refusal(response, body).into(),
            State::Over(error) => error.clone(),
        };
        self.state = State::Over(error.clone());
        error
    }

    /// Returns the rejection whose head and part of the body have arrived, to be reported if a deadline passes before the rest
    /// arrives.
    pub fn rejection_so_far(&self) -> Option<InvalidStatus> {
        match &self.state {
            State::Body { response, body } => Some(refusal(response, body)),
            State::Head { .. } | State::Over(_) => None,
        }
    }

    fn advance(&mut self, chunk: &[u8]) -> Result<Option<(Negotiated, usize)>, HandshakeError> {
        let mut taken = 0;
        loop {
            let rest = chunk.get(taken..).unwrap_or_default();
            match &mut self.state {
                State::Over(error) => return Err(error.clone()),
                State::Body { response, body } => {
                    let complete = body.handle_received(rest);
                    return if complete { Err(refusal(response, body).into()) } else { Ok(None) };
                }
                State::Head { interim } => {
                    let Some((head, length)) = self.reader.handle_received(rest)? else {
                        return Ok(None);
                    };
                    taken += length;
                    let response = Response::new(head);
                    let status = response.status();
                    // §4.1: 101 accepts the request; any other status is handled by the rules of HTTP.
                    if status == StatusCode::SWITCHING_PROTOCOLS {
                        return Ok(Some((self.check(response)?, taken)));
                    }
                    if status.is_informational() {
                        *interim += 1;
                        if *interim > MAX_INTERIM {
                            return Err(
                                InvalidMessage::malformed("too many interim responses").into()
                            );
                        }
                    } else {
                        let body =
                            Body::new(status, &HeaderLines::of(response.head()), self.max_body);
                        self.state = State::Body { response, body };
                    }
                }
            }
        }
    }

    /// Validates the response by the steps of §4.1, in their order.
    fn check(&self, response: Response) -> Result<Negotiated, HandshakeError> {
        let fields = HeaderLines::of(response.head());
        if !response.is_http_1_1() {
            return Err(InvalidProtocol::new("HTTP/1.0").into());
        }
        let upgrade = fields.exactly_one(header_names::UPGRADE).map_err(InvalidUpgrade::new)?;
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(InvalidUpgrade::new(wrong_value(header_names::UPGRADE, upgrade)).into());
        }
        require_token(&fields, header_names::CONNECTION, is_token, "upgrade")
            .map_err(InvalidUpgrade::new)?;
        let accept = fields.exactly_one(header_names::SEC_WEBSOCKET_ACCEPT)?;
        if accept != self.accept {
            return Err(wrong_value(header_names::SEC_WEBSOCKET_ACCEPT, accept).into());
        }
        let extensions = self.chosen_extensions(&fields)?;
        // RFC 9112 §6.3: a 1xx response ends with its head, regardless of `Content-Length` and `Transfer-Encoding`.
        let subprotocol = self.subprotocols.chosen(&fields)?;
        let request = self.request.clone();
        Ok(Negotiated { request, response, subprotocol, extensions })
    }

    fn chosen_extensions(
        &self,
        fields: &HeaderLines<'_>,
    ) -> Result<Vec<Extension>, HandshakeError> {
        let values = fields.values(header_names::SEC_WEBSOCKET_EXTENSIONS);
        let chosen = Extension::parse_list(values)?;
        for (at, extension) in chosen.iter().enumerate() {
            let name = extension.name.as_str();
            // §4.1: an extension that was not offered fails the connection.
            if !self.extensions.iter().any(|offered| offered == name) {
                return Err(NegotiationError::UnofferedExtension(name.into()).into());
            }
            if chosen.iter().take(at).any(|earlier| earlier.name == name) {
                return Err(NegotiationError::DuplicateExtension(name.into()).into());
            }
        }
        Ok(chosen)
    }
}

/// Returns the head of the request, with the headers in the order of the example of §1.2.
fn head(uri: &WebSocketUri, options: &ClientOptions, key: &Key) -> Result<Vec<u8>, HandshakeError> {
    let mut head = HeadWriter::new(&format!("GET {} HTTP/1.1", uri.resource()));
    head.header(header_names::HOST, uri.host_header())?;
    head.header(header_names::UPGRADE, "websocket")?;
    head.header(header_names::CONNECTION, "Upgrade")?;
    head.header(header_names::SEC_WEBSOCKET_KEY, key.as_str())?;
    if let Some(origin) = &options.origin {
        if options.headers.contains_key(header_names::ORIGIN) {
            return Err(InvalidHeader::duplicate(header_names::ORIGIN).into());
        }
        head.header(header_names::ORIGIN, origin)?;
    }
    if !options.subprotocols.is_empty() {
        head.header(header_names::SEC_WEBSOCKET_PROTOCOL, options.subprotocols.to_value())?;
    }
    head.header(header_names::SEC_WEBSOCKET_VERSION, "13")?;
    if !options.extensions.is_empty() {
        head.header(
            header_names::SEC_WEBSOCKET_EXTENSIONS,
            Extension::to_value(&options.extensions)?,
        )?;
    }
    if let Some(authorization) = options.authorization(uri.credentials()) {
        head.header(header_names::AUTHORIZATION, authorization)?;
    }
    if let Some(user_agent) = options.effective_user_agent() {
        head.header(header_names::USER_AGENT, user_agent)?;
    }
    for name in [header_names::AUTHORIZATION, header_names::ORIGIN, header_names::USER_AGENT] {
        if options.headers.get_all(name).iter().nth(1).is_some() {
            return Err(InvalidHeader::duplicate(name).into());
        }
    }
    head.headers(&options.headers, |name| is_reserved(name) || name == http::header::HOST)?;
    Ok(head.finish())
}

fn refusal(response: &Response, body: &Body) -> InvalidStatus {
    InvalidStatus::new(response.status(), response.headers().clone(), body.bytes().to_vec())
}

fn wrong_value(name: &str, value: impl AsRef<[u8]>) -> InvalidHeader {
    invalid_header(name, value, HeaderErrorKind::Value)
}

/// The maximum number of interim responses. RFC 9110 §15.2 sets no limit.
const MAX_INTERIM: u8 = 8;
const DONE: &str = "the handshake has already ended";
