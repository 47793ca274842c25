//! A request that was validated, and the response to it: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use http::HeaderMap;
use sockeye_errors::{HandshakeError, NegotiationError};

use super::{options::ServerOptions, rules, transport::Transport};
use crate::{
    extension::Extension,
    http1::{Head, HeadWriter, HeaderLines, header_names, is_reserved},
    key::{Key, accept_for},
    request::Request,
    response::Response,
    subprotocol::Subprotocols,
};

/// A request for a WebSocket that conforms to the RFCs and to the options of the server.
///
/// It yields the response that opens the connection.
///
/// # Examples
///
/// A request that another HTTP server has read:
///
/// ```
/// use sockeye::{Request, http::{self, HeaderMap}, server::{ServerOptions, ValidRequest}};
///
/// let (parts, ()) = http::Request::get("/chat")
///     .header("Host", "server.example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
///     .header("Sec-WebSocket-Version", "13")
///     .body(())?
///     .into_parts();
///
/// let valid = ValidRequest::from_request(&Request::from(&parts), &ServerOptions::default())?;
/// let response = valid.accept(&[], &HeaderMap::new())?.to_http();
/// assert_eq!(response.status(), 101);
/// assert_eq!(response.headers()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ValidRequest {
    /// The subprotocol that the server selects. It must be one of the `offered` ones.
    pub subprotocol: Option<String>,
    /// The subprotocols that the client offers.
    pub offered: Subprotocols,
    /// The extensions that the client offers, in its order of preference.
    pub extensions: Vec<Extension>,
    /// The start of the response, which depends on the transport.
    start: &'static str,
    /// The key of a request of HTTP/1.1; `None` for an extended CONNECT.
    key: Option<Key>,
}

impl ValidRequest {
    /// Validates a request and selects the subprotocol.
    ///
    /// A request made by [`Request::from_extended_connect`] is validated by the rules of RFC 8441, every other request by
    /// those of the HTTP/1.1 Upgrade.
    ///
    /// # Errors
    ///
    /// Returns an error if the request does not ask for a WebSocket, or if the options do not admit it.
    /// [`Rejection::from`](crate::Rejection) makes the response that reports the error to the client.
    pub fn from_request(
        request: &Request,
        options: &ServerOptions,
    ) -> Result<Self, HandshakeError> {
        // §4.2.1: headers that no rule mentions are ignored.
        let line = request.line();
        let headers = HeaderLines::of(request.head());
        let transport = Transport::of(line);
        transport.check_request(line, &headers)?;
        let (text, host) = transport.host(line, &headers)?;
        rules::check_host(text, &host, options)?;
        let key = transport.check_upgrade(&headers)?;
        rules::check_version(&headers)?;
        options.origins.check(&headers, &host, options.secure)?;
        let offered = Subprotocols::offered(&headers)?;
        let subprotocol = rules::choose_subprotocol(&offered, options)?;
        let values = headers.values(header_names::SEC_WEBSOCKET_EXTENSIONS);
        let extensions = Extension::parse_list(values)?;
        Ok(Self { subprotocol, offered, extensions, start: transport.response_start(line), key })
    }

    /// Returns the response that opens the connection: with the subprotocol, these extensions, and these additional
    /// headers.
    ///
    /// Its status is 101, or 200 for an extended CONNECT (RFC 8441 §5).
    ///
    /// # Errors
    ///
    /// Returns an error if the client did not offer the subprotocol or an extension, or if a header belongs to the handshake
    /// itself or cannot be sent.
    pub fn accept(
        &self,
        extensions: &[Extension],
        headers: &HeaderMap,
    ) -> Result<Response, HandshakeError> {
        let mut head = self.begin()?;
        if let Some(subprotocol) = &self.subprotocol {
            // §4.2.2: a client fails the connection for a subprotocol that it did not offer.
            if !self.offered.contains(subprotocol) {
                return Err(
                    NegotiationError::UnofferedSubprotocol(subprotocol.as_str().into()).into()
                );
            }
            head.header(header_names::SEC_WEBSOCKET_PROTOCOL, subprotocol)?;
        }
        for (at, extension) in extensions.iter().enumerate() {
            let name = extension.name.as_str();
            // §9: a server accepts only extensions that the client offered.
            if !self.extensions.iter().any(|offer| offer.name == name) {
                return Err(NegotiationError::UnofferedExtension(name.into()).into());
            }
            if extensions.iter().take(at).any(|earlier| earlier.name == name) {
                return Err(NegotiationError::DuplicateExtension(name.into()).into());
            }
        }
        if !extensions.is_empty() {
            head.header(header_names::SEC_WEBSOCKET_EXTENSIONS, Extension::to_value(extensions)?)?;
        }
        head.headers(headers, is_reserved)?;
        // The copy releases the spare capacity of the writer.
        Ok(Response::new(Head::new(head.finish().as_slice().into())))
    }

    /// Writes the status line and the headers of the transport, in the order of the example of §1.2.
    fn begin(&self) -> Result<HeadWriter, HandshakeError> {
        let mut head = HeadWriter::new(self.start);
        if let Some(key) = &self.key {
            head.header(header_names::SEC_WEBSOCKET_ACCEPT, accept_for(key.as_str()))?;
        }
        Ok(head)
    }
}
