//! The handshake of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use http::StatusCode;
use sockeye_errors::{
    HandshakeError, HeaderProblem, InvalidHeader, InvalidMessage, InvalidProtocol, InvalidStatus,
    InvalidUpgrade, NegotiationError,
};

use super::options::ClientOptions;
use crate::{
    extension::Extension,
    http1::{
        Body, HeadKind, HeadReader, HeadWriter, HeaderLines, header_names, invalid_header,
        is_reserved, is_token, require_token,
    },
    key::Key,
    request::Request,
    response::Response,
    subprotocol::Subprotocols,
    uri::WebSocketUri,
};

/// The handshake of a client, from the request to the answer that was checked.
///
/// Send [`request`](Self::request), and nothing behind it; give what arrives to
/// [`handle_received`](Self::handle_received) until it answers. The first error is final.
///
/// # Examples
///
/// ```
/// # use sockeye_handshake::{ClientHandshake, ClientOptions};
/// let uri = "ws://server.example.com/chat".parse()?;
/// let nonce = *b"the sample nonce";
/// let mut handshake = ClientHandshake::new(&uri, &ClientOptions::default(), nonce)?;
/// assert!(handshake.request().as_bytes().starts_with(b"GET /chat HTTP/1.1\r\n"));
///
/// let received = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02Hi";
/// let (accepted, length) = handshake.handle_received(received)?.expect("the head is whole");
/// assert_eq!(accepted.subprotocol, None);
/// assert_eq!(&received[length..], b"\x81\x02Hi"); // the first frame came along
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

/// What a client knows when the server has accepted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The request that was sent.
    pub request: Request,
    /// The response that was received.
    pub response: Response,
    /// The subprotocol that the server chose, which is one of those that were offered.
    pub subprotocol: Option<String>,
    /// The extensions that the server chose, each of a name that was offered, and none twice. Their
    /// parameters are for the extensions to judge.
    pub extensions: Vec<Extension>,
}

#[derive(Debug)]
enum State {
    Head { interim: u8 },
    Body { response: Response, body: Body },
    Over(HandshakeError),
}

impl ClientHandshake {
    /// Begins the handshake; `nonce` is random, and drawn for this handshake alone.
    ///
    /// # Errors
    ///
    /// When a header of the options belongs to the handshake itself or cannot be sent, or when
    /// there are several headers of a kind that occurs once.
    pub fn new(
        uri: &WebSocketUri,
        options: &ClientOptions,
        nonce: [u8; 16],
    ) -> Result<Self, HandshakeError> {
        let key = Key::new(nonce);
        Ok(Self {
            request: Request::parse(&head(uri, options, &key)?)?,
            accept: key.accept(),
            subprotocols: options.subprotocols.clone(),
            extensions: options.extensions.iter().map(|extension| extension.name.clone()).collect(),
            max_body: options.limits.max_body,
            reader: HeadReader::new(HeadKind::Response, options.limits),
            state: State::Head { interim: 0 },
        })
    }

    /// The request; its [`as_bytes`](Request::as_bytes) are what is to be sent.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Takes what the server sent.
    ///
    /// As soon as its answer is whole and right: the answer, and how much of `chunk` belongs to it.
    /// What follows in the chunk is the beginning of the first frame. `None` asks for more.
    ///
    /// # Errors
    ///
    /// When the server refuses: then with its status and headers and, once it is there, the body.
    /// When the answer is malformed, over its limits, or not the one to this request.
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

    /// Takes note that the server will send no more, and says what that means: a refusal whose body
    /// ends here, or an answer that was cut off.
    pub fn handle_eof(&mut self) -> HandshakeError {
        let error = match &self.state {
            State::Head { .. } => InvalidMessage::truncated().into(),
            State::Body { response, body } => refusal(response, body).into(),
            State::Over(error) => error.clone(),
        };
        self.state = State::Over(error.clone());
        error
    }

    /// The refusal of which the head has arrived, and a part of the body: the error to report when
    /// a deadline ends the wait for the rest.
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
                    // §4.1: 101 is the answer; any other status is treated as HTTP says.
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

    /// The checks of §4.1, in its order.
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
        let subprotocol = self.subprotocols.chosen(&fields)?;
        // RFC 9110 §8.6 and RFC 9112 §6.1: a 1xx response has no body. What follows is frames, or
        // nothing that is safe.
        if let Some(coding) = fields.values(header_names::TRANSFER_ENCODING).next() {
            return Err(wrong_value(header_names::TRANSFER_ENCODING, coding).into());
        }
        match fields.at_most_one(header_names::CONTENT_LENGTH)? {
            None | Some("0") => {}
            Some(length) => return Err(wrong_value(header_names::CONTENT_LENGTH, length).into()),
        }
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

/// The head of the request, with the headers in the order of the example of §1.2.
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
    if let Some(user_agent) = options.user_agent() {
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
    invalid_header(name, value, HeaderProblem::Value)
}

/// RFC 9110 §15.2: a client reads any number of them, in principle.
const MAX_INTERIM: u8 = 8;
const DONE: &str = "the handshake has ended already";
