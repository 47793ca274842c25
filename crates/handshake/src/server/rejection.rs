//! The response that rejects a request: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use std::{error::Error as _, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use sockeye_errors::{
    HandshakeError, HeaderErrorKind, InvalidHeader, InvalidStatus, NegotiationError,
    OriginErrorKind, SecurityError,
};

use super::response_headers::replace;
use crate::http1::{HeadWriter, Redacted, header_names, invalid_header, is_reserved};

/// A response that does not open a connection: an error, a redirect, or a 200 to a health check.
///
/// The stream ends after it.
///
/// # Examples
///
/// ```
/// use sockeye::{http::StatusCode, server::Rejection};
///
/// let rejection = Rejection::new(StatusCode::NOT_FOUND, "no such room\n");
/// let bytes = rejection.encode()?;
/// assert!(bytes.starts_with(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n"));
/// # Ok::<(), sockeye::error::HandshakeError>(())
/// ```
///
/// An error of the handshake becomes a rejection that reports it to the client:
///
/// ```
/// use sockeye::{Request, server::{Rejection, ServerOptions, ValidRequest}};
///
/// let request = Request::parse(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")?;
/// let error = ValidRequest::from_request(&request, &ServerOptions::default()).unwrap_err();
/// assert_eq!(Rejection::from(&error).status, 426);
/// # Ok::<(), sockeye::error::HandshakeError>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Rejection {
    /// The status. 1xx is not allowed.
    pub status: StatusCode,
    /// Additional headers. `Content-Type` is `text/plain; charset=utf-8` unless it is set here.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Rejection {
    /// Creates a rejection with this status and this body.
    pub fn new(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }

    /// Creates a rejection that asks for user name and password: 401 with the scheme Basic.
    ///
    /// # Errors
    ///
    /// Returns an error if the realm contains control characters or characters that are not ASCII.
    pub fn unauthorized(realm: &str) -> Result<Self, InvalidHeader> {
        let invalid =
            || invalid_header(header_names::WWW_AUTHENTICATE, realm, HeaderErrorKind::Format);
        if !realm.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(invalid());
        }
        let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
        let challenge = format!("Basic realm=\"{quoted}\", charset=\"UTF-8\"");
        let challenge = HeaderValue::try_from(challenge).map_err(|_| invalid())?;
        let mut rejection = Self::new(StatusCode::UNAUTHORIZED, "Missing or wrong credentials\n");
        replace(&mut rejection.headers, header::WWW_AUTHENTICATE, challenge);
        Ok(rejection)
    }

    /// Returns the response to a request of any method but HEAD, as HTTP/1.1 sends it.
    ///
    /// # Errors
    ///
    /// Returns an error if the status is 1xx, or if a header belongs to the framing of HTTP or cannot be sent.
    pub fn encode(&self) -> Result<Vec<u8>, HandshakeError> {
        self.encode_for("GET")
    }

    /// Returns the response to a request of this method, as HTTP/1.1 sends it. The response to HEAD has the `Content-Length`
    /// of the body, and no body.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`encode`](Self::encode).
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{http::StatusCode, server::Rejection};
    ///
    /// let rejection = Rejection::new(StatusCode::OK, "healthy\n");
    /// assert!(rejection.encode_for("HEAD")?.ends_with(b"\r\n\r\n"));
    /// # Ok::<(), sockeye::error::HandshakeError>(())
    /// ```
    pub fn encode_for(&self, method: &str) -> Result<Vec<u8>, HandshakeError> {
        // 101 would open the connection, and another response must follow any other 1xx.
        if self.status.is_informational() {
            return Err(InvalidStatus::new(self.status, HeaderMap::new(), Vec::new()).into());
        }
        let reason = self.status.canonical_reason().unwrap_or_default();
        let mut head = HeadWriter::new(&format!("HTTP/1.1 {} {reason}", self.status.as_u16()));
        if self.status == StatusCode::UPGRADE_REQUIRED {
            // RFC 9110 §15.5.22: 426 requires `Upgrade`, and §7.8: `Upgrade` requires `Connection`.
            head.header(header_names::UPGRADE, "websocket")?;
            head.header(header_names::CONNECTION, "Upgrade, close")?;
        } else {
            head.header(header_names::CONNECTION, "close")?;
        }
        let has_body = self.has_body();
        if has_body {
            head.header(header_names::CONTENT_LENGTH, self.body.len().to_string())?;
            if !self.headers.contains_key(header::CONTENT_TYPE) {
                head.header("Content-Type", TEXT)?;
            }
        }
        head.headers(&self.headers, is_refused)?;
        let mut bytes = head.finish();
        // RFC 9110 §9.3.2: the response to HEAD has the headers of the response to GET, and no body.
        if has_body && method != "HEAD" {
            bytes.extend_from_slice(&self.body);
        }
        Ok(bytes)
    }

    /// Returns the response for another HTTP server to send, which adds `Content-Length` itself and leaves out the body for HEAD.
    ///
    /// HTTP/2 and HTTP/3 have no `Upgrade`: for these versions, 426 becomes 400. A rejection that
    /// [`encode`](Self::encode) refuses becomes an empty response with status 500.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{http::{StatusCode, Version}, server::Rejection};
    ///
    /// let rejection = Rejection::new(StatusCode::NOT_FOUND, "no such room\n");
    /// let response = rejection.into_http(Version::HTTP_11);
    /// assert_eq!(response.status(), 404);
    /// assert_eq!(response.body(), b"no such room\n");
    /// ```
    pub fn into_http(self, version: Version) -> http::Response<Vec<u8>> {
        let mut response = if self.status.is_informational() || self.headers.keys().any(is_refused)
        {
            let mut response = http::Response::new(Vec::new());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        } else {
            self.to_response(version <= Version::HTTP_11)
        };
        *response.version_mut() = version;
        response
    }

    fn to_response(&self, has_upgrade: bool) -> http::Response<Vec<u8>> {
        let mut response = http::Response::new(Vec::new());
        let mut headers = self.headers.clone();
        *response.status_mut() = self.status;
        if self.has_body() {
            response.body_mut().clone_from(&self.body);
            if !headers.contains_key(header::CONTENT_TYPE) {
                let text = HeaderValue::from_static(TEXT);
                replace(&mut headers, header::CONTENT_TYPE, text);
            }
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            if has_upgrade {
                let websocket = HeaderValue::from_static("websocket");
                replace(&mut headers, header::UPGRADE, websocket);
                let upgrade = HeaderValue::from_static("Upgrade");
                replace(&mut headers, header::CONNECTION, upgrade);
            } else {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
        }
        *response.headers_mut() = headers;
        response
    }

    /// Returns whether a response with this status has a body (RFC 9110 §8.6).
    fn has_body(&self) -> bool {
        !matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}

impl From<Rejection> for http::Response<Vec<u8>> {
    /// Returns the response for HTTP/1.1; see [`Rejection::into_http`].
    fn from(rejection: Rejection) -> Self {
        rejection.into_http(Version::HTTP_11)
    }
}

impl From<&HandshakeError> for Rejection {
    /// Creates a rejection whose body describes the error in one line. Internal errors (500) are not described.
    fn from(error: &HandshakeError) -> Self {
        let status = status_for(error);
        let mut text = String::from("Failed to open a WebSocket connection");
        if status != StatusCode::INTERNAL_SERVER_ERROR {
            text.push_str(": ");
            text.push_str(&error.to_string());
            if let Some(cause) = public_cause(error) {
                text.push_str(": ");
                text.push_str(&cause);
            }
        }
        text.push('\n');
        let mut rejection = Self::new(status, text);
        if let HandshakeError::InvalidMethod(error) = error {
            // GET is wrong only where an extended CONNECT is expected.
            let method = if error.method == "GET" { "CONNECT" } else { "GET" };
            replace(&mut rejection.headers, header::ALLOW, HeaderValue::from_static(method));
        }
        // §4.4: a server that does not support the version of the client lists those that it supports.
        if is_about_version(error) {
            let ours = HeaderValue::from_static("13");
            replace(&mut rejection.headers, header::SEC_WEBSOCKET_VERSION, ours);
        }
        rejection
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("status", &self.status)
            .field("headers", &Redacted(&self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// Returns the status that reports an error to the client: [RFC 6455 §10.7](https://www.rfc-editor.org/rfc/rfc6455#section-10.7).
pub fn status_for(error: &HandshakeError) -> StatusCode {
    match error {
        HandshakeError::Security(SecurityError::RequestLineTooLong { .. }) => {
            StatusCode::URI_TOO_LONG
        }
        HandshakeError::Security(
            SecurityError::HeadTooLong { .. }
            | SecurityError::HeaderLineTooLong { .. }
            | SecurityError::TooManyHeaders { .. },
        ) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        HandshakeError::InvalidMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
        HandshakeError::InvalidProtocol(_) => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        HandshakeError::InvalidOrigin(_) => StatusCode::FORBIDDEN,
        HandshakeError::InvalidUpgrade(error) => {
            if error.0.name == header_names::PROTOCOL {
                // RFC 9220 §3: the status for an unknown protocol.
                StatusCode::NOT_IMPLEMENTED
            } else if error.0.kind == HeaderErrorKind::Format {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::UPGRADE_REQUIRED
            }
        }
        HandshakeError::InvalidHeader(error) if error.kind == HeaderErrorKind::Value => {
            match error.name.as_str() {
                header_names::HOST => StatusCode::FORBIDDEN,
                header_names::SEC_WEBSOCKET_VERSION => StatusCode::UPGRADE_REQUIRED,
                _ => StatusCode::BAD_REQUEST,
            }
        }
        // The application has caused these: a header or an agreement that the response cannot have.
        HandshakeError::InvalidHeader(error)
            if matches!(error.kind, HeaderErrorKind::Reserved | HeaderErrorKind::Name) =>
        {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        HandshakeError::Negotiation(
            NegotiationError::UnofferedSubprotocol(_)
            | NegotiationError::UnofferedExtension(_)
            | NegotiationError::DuplicateExtension(_),
        ) => StatusCode::INTERNAL_SERVER_ERROR,
        HandshakeError::InvalidHeader(_)
        | HandshakeError::InvalidMessage(_)
        | HandshakeError::Negotiation(_)
        | HandshakeError::DuplicateParameter(_)
        | HandshakeError::InvalidParameterName(_)
        | HandshakeError::InvalidParameterValue(_) => StatusCode::BAD_REQUEST,
        // The remaining errors occur in a client, or are internal.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the cause of an error, as far as a client may know it.
fn public_cause(error: &HandshakeError) -> Option<String> {
    match error {
        // The list is a setting of the server.
        HandshakeError::InvalidOrigin(error)
            if matches!(error.kind, OriginErrorKind::NotListed(_)) =>
        {
            Some(OriginErrorKind::Value.to_string())
        }
        error => error.source().map(ToString::to_string),
    }
}

/// Returns whether a rejection cannot have this header. `Sec-WebSocket-Version` is allowed: it lists the supported versions.
fn is_refused(name: &HeaderName) -> bool {
    is_reserved(name) && name != header::SEC_WEBSOCKET_VERSION
}

fn is_about_version(error: &HandshakeError) -> bool {
    match error {
        HandshakeError::InvalidHeader(error) => error.name == header_names::SEC_WEBSOCKET_VERSION,
        _ => false,
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
