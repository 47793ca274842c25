//! Validation of the transport: the Upgrade of HTTP/1.1, [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1),
//! and the extended CONNECT of HTTP/2 and HTTP/3, [RFC 8441 §5](https://www.rfc-editor.org/rfc/rfc8441#section-5).

use sockeye_errors::{
    HandshakeError, HeaderErrorKind, InvalidHeader, InvalidMessage, InvalidMethod, InvalidProtocol,
    InvalidUpgrade,
};

use crate::{
    http1::{
        Authority, HeaderLines, RequestLine, default_port_of, excerpt, header_names,
        invalid_header, is_protocol, is_token, require_token,
    },
    key::Key,
    target::Target,
};

/// How a request asks for a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transport {
    /// A GET request of HTTP/1.1 with `Upgrade`.
    Upgrade,
    /// A CONNECT request of HTTP/2 or HTTP/3 with `:protocol`.
    ExtendedConnect,
}

impl Transport {
    pub(crate) fn of(line: RequestLine<'_>) -> Self {
        match line.protocol() {
            Some(_) => Self::ExtendedConnect,
            None => Self::Upgrade,
        }
    }

    /// Checks version, method and protocol, and that the request has no body.
    pub(crate) fn check_request(
        self,
        line: RequestLine<'_>,
        headers: &HeaderLines<'_>,
    ) -> Result<(), HandshakeError> {
        match self {
            Self::Upgrade => {
                // §4.2.1 (1): a GET request of HTTP/1.1 or higher; no higher version has this form.
                line.check_version("HTTP/1.1")?;
                check_method(line.method, "GET")?;
            }
            Self::ExtendedConnect => {
                check_extended_connect(line)?;
                check_connection_headers(headers)?;
            }
        }
        check_no_body(headers)
    }

    /// Returns the authority of the server, as it was sent and parsed.
    pub(crate) fn host<'a>(
        self,
        line: RequestLine<'a>,
        headers: &HeaderLines<'a>,
    ) -> Result<(&'a str, Authority), HandshakeError> {
        let target = Target::split(line.target);
        // §4.2.1 (2): `Host` is required. RFC 8441 §5: `:authority` replaces it.
        let text = match self {
            Self::Upgrade => headers.exactly_one(header_names::HOST)?,
            Self::ExtendedConnect => {
                let host = headers.at_most_one(header_names::HOST)?;
                let authority = target.authority.ok_or_else(|| malformed("no :authority"))?;
                host.unwrap_or(authority)
            }
        };
        let host: Authority = text.parse()?;
        if !target.is_resource() {
            return Err(malformed("the target is no path"));
        }
        // RFC 9112 §3.2.2 and RFC 9113 §8.3.1: an authority in the target is that of `Host`.
        if let Some(authority) = target.authority {
            // The authority is not quoted, because it can contain a password.
            let authority = Authority::parse(authority)
                .map_err(|_| malformed("the authority of the target is invalid"))?;
            if !authority.is_same(&host, target.scheme.and_then(default_port_of)) {
                let problem =
                    format!("the authority of the target is {authority}, that of Host is {host}");
                return Err(malformed(&problem));
            }
        }
        Ok((text, host))
    }

    /// Checks the headers that ask for the protocol. Returns the key, which only HTTP/1.1 has.
    pub(crate) fn check_upgrade(
        self,
        headers: &HeaderLines<'_>,
    ) -> Result<Option<Key>, HandshakeError> {
        match self {
            Self::Upgrade => {
                // §4.2.1 (3) and (4): `Upgrade` lists `websocket`, and `Connection` lists `Upgrade`.
                require_token(headers, header_names::UPGRADE, is_protocol, "websocket")
                    .map_err(InvalidUpgrade::new)?;
                require_token(headers, header_names::CONNECTION, is_token, "upgrade")
                    .map_err(InvalidUpgrade::new)?;
                // §4.2.1 (5): a key that decodes to 16 bytes.
                let key = headers.exactly_one(header_names::SEC_WEBSOCKET_KEY)?;
                Ok(Some(Key::parse(key)?))
            }
            // RFC 8441 §5: `Sec-WebSocket-Key` is not processed.
            Self::ExtendedConnect => Ok(None),
        }
    }

    /// Returns the status line of the response that opens the connection, and the headers that the transport requires.
    pub(crate) fn response_start(self, line: RequestLine<'_>) -> &'static str {
        match (self, line.version()) {
            // §4.2.2: the status line, `Upgrade` and `Connection`.
            (Self::Upgrade, _) => {
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade"
            }
            // RFC 8441 §5 and RFC 9220 §3: any 2xx, without `Upgrade` and `Connection`.
            (Self::ExtendedConnect, "HTTP/3.0") => "HTTP/3.0 200 OK",
            (Self::ExtendedConnect, _) => "HTTP/2.0 200 OK",
        }
    }
}

/// Checks the version and the pseudo-header fields.
fn check_extended_connect(line: RequestLine<'_>) -> Result<(), HandshakeError> {
    let (version, protocol) = (line.version(), line.protocol().unwrap_or_default());
    if !matches!(version, "HTTP/2.0" | "HTTP/3.0") {
        return Err(InvalidProtocol::new(version).into());
    }
    check_method(line.method, "CONNECT")?;
    if !protocol.eq_ignore_ascii_case("websocket") {
        let error = invalid_header(header_names::PROTOCOL, protocol, HeaderErrorKind::Value);
        return Err(InvalidUpgrade::new(error).into());
    }
    // RFC 8441 §4: the request has :scheme and :path, and §5: the scheme is that of HTTP.
    match line.target.split_once("://") {
        _ if !line.is_well_formed() => Err(malformed("invalid :path")),
        Some((scheme, _)) if is_http(scheme) => Ok(()),
        Some(_) => Err(malformed("the :scheme is not http or https")),
        None => Err(malformed("no :scheme or no :authority")),
    }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn check_method(method: &str, expected: &str) -> Result<(), InvalidMethod> {
    if method == expected { Ok(()) } else { Err(InvalidMethod::new(excerpt(method.as_bytes()))) }
}

/// RFC 9113 §8.2.2: a request with a header that is about the connection is malformed.
fn check_connection_headers(headers: &HeaderLines<'_>) -> Result<(), HandshakeError> {
    for name in [
        header_names::CONNECTION,
        header_names::KEEP_ALIVE,
        header_names::PROXY_CONNECTION,
        header_names::TRANSFER_ENCODING,
        header_names::UPGRADE,
    ] {
        if headers.values(name).next().is_some() {
            let problem = format!("the header {name} is not allowed in HTTP/2 and HTTP/3");
            return Err(InvalidMessage::malformed(problem).into());
        }
    }
    Ok(())
}

/// Refuses a request with a body: a proxy that sees the end of the request elsewhere could be made to forward part of the
/// body as another request.
fn check_no_body(headers: &HeaderLines<'_>) -> Result<(), HandshakeError> {
    if let Some(coding) = headers.values(header_names::TRANSFER_ENCODING).next() {
        return Err(body_header(header_names::TRANSFER_ENCODING, coding).into());
    }
    match headers.at_most_one(header_names::CONTENT_LENGTH)? {
        None | Some("0") => Ok(()),
        Some(length) => Err(body_header(header_names::CONTENT_LENGTH, length.as_bytes()).into()),
    }
}

fn body_header(name: &str, value: &[u8]) -> InvalidHeader {
    invalid_header(name, value, HeaderErrorKind::Format)
}

fn malformed(problem: &str) -> HandshakeError {
    InvalidMessage::malformed(problem).into()
}
