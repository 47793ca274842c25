//! What a server demands of a request: [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1).

use http::HeaderMap;
use sockeye_errors::{
    HandshakeError, HeaderProblem, InvalidHeader, InvalidMessage, InvalidMethod, InvalidUpgrade,
    NegotiationError,
};

use crate::{
    Authority, Extension, Key, Origins, Request, Response, Subprotocols, field,
    fields::Fields,
    head::Head,
    list::{demand, is_protocol},
    redaction::{excerpt, invalid_header},
    target::Target,
    token::is_token,
    uri::default_port,
    writer::{HeadWriter, is_reserved},
};

/// What a server demands, and what it offers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The origins that are admitted. Default: the server's own, and requests without any.
    pub origins: Origins,
    /// The values of the `Host` header that are admitted; an entry without a port admits any port.
    /// `None` admits all. A server on a private address should list its names: a web site can make
    /// its own name resolve to that address. Default: `None`.
    pub allowed_hosts: Option<Vec<Authority>>,
    /// The subprotocols that the server speaks, the one it likes best first. Default: none.
    pub subprotocols: Subprotocols,
    /// Whether a client has to offer one of the `subprotocols`, if there are any; else the
    /// connection goes on without a subprotocol. Default: `true`.
    pub require_subprotocol: bool,
    /// Whether clients speak TLS to the server, as far as it knows: `Some(true)` where it accepts
    /// TLS itself, `None` where a reverse proxy may do that. It matters for [`Origins::same`]
    /// alone. Default: `None`.
    pub secure: Option<bool>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            origins: Origins::default(),
            allowed_hosts: None,
            subprotocols: Subprotocols::default(),
            require_subprotocol: true,
            secure: None,
        }
    }
}

/// A request that asks for a WebSocket as it should, and what will be answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The subprotocol that the server will name; one of the `offered` ones.
    pub subprotocol: Option<String>,
    /// The subprotocols that the client offers.
    pub offered: Subprotocols,
    /// The extensions that the client offers, in its order of preference.
    pub extensions: Vec<Extension>,
    key: Key,
}

/// Checks a request, and chooses the subprotocol.
///
/// # Errors
///
/// When the request is not that of a WebSocket client, or when the options do not admit it.
/// [`Rejection::from`](crate::Rejection) knows how to tell the client.
pub fn check(request: &Request, options: &ServerOptions) -> Result<Checked, HandshakeError> {
    let line = request.line();
    let fields = Fields::of(request.head());
    // §4.2.1 (1): a GET request of HTTP/1.1; the version is checked where the request line is read.
    if line.method != "GET" {
        return Err(InvalidMethod::new(excerpt(line.method.as_bytes())).into());
    }
    check_no_body(&fields)?;
    let host = check_host(line.target, &fields, options)?;
    check_upgrade(&fields)?;
    // §4.2.1 (5): a key that decodes to 16 bytes.
    let key = Key::parse(fields.exactly_one(field::SEC_WEBSOCKET_KEY)?)?;
    // §4.2.1 (6), §4.3: version 13, without leading zeros.
    match fields.exactly_one(field::SEC_WEBSOCKET_VERSION)? {
        "13" => {}
        other => {
            let name = field::SEC_WEBSOCKET_VERSION;
            return Err(invalid_header(name, other, HeaderProblem::Value).into());
        }
    }
    options.origins.check(&fields, &host, options.secure)?;
    let offered = Subprotocols::offered(&fields)?;
    let subprotocol = options.subprotocols.choose(&offered).map(str::to_owned);
    if subprotocol.is_none() && !options.subprotocols.is_empty() && options.require_subprotocol {
        return Err(NegotiationError::NoCommonSubprotocol.into());
    }
    let values = fields.values(field::SEC_WEBSOCKET_EXTENSIONS);
    let extensions = Extension::parse_list(values)?;
    Ok(Checked { subprotocol, offered, extensions, key })
}

impl Checked {
    /// The answer that opens the connection: the subprotocol, these extensions, and more headers of
    /// the application.
    ///
    /// # Errors
    ///
    /// When subprotocol or extensions were not offered, or when a header belongs to the handshake
    /// itself or cannot be sent.
    pub fn accept(
        &self,
        extensions: &[Extension],
        headers: &HeaderMap,
    ) -> Result<Response, HandshakeError> {
        // §4.2.2: the answer, in the order of the example of §1.2.
        let mut head = HeadWriter::new(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade",
        );
        head.header(field::SEC_WEBSOCKET_ACCEPT, self.key.accept())?;
        if let Some(subprotocol) = &self.subprotocol {
            // §4.2.2: a subprotocol that the client did not offer would make it fail the
            // connection.
            if !self.offered.contains(subprotocol) {
                return Err(
                    NegotiationError::UnofferedSubprotocol(subprotocol.as_str().into()).into()
                );
            }
            head.header(field::SEC_WEBSOCKET_PROTOCOL, subprotocol)?;
        }
        for (at, extension) in extensions.iter().enumerate() {
            let name = extension.name.as_str();
            // §9: an extension that the client did not ask for is not granted.
            if !self.extensions.iter().any(|offer| offer.name == name) {
                return Err(NegotiationError::UnofferedExtension(name.into()).into());
            }
            if extensions.iter().take(at).any(|earlier| earlier.name == name) {
                return Err(NegotiationError::DuplicateExtension(name.into()).into());
            }
        }
        if !extensions.is_empty() {
            head.header(field::SEC_WEBSOCKET_EXTENSIONS, Extension::to_value(extensions)?)?;
        }
        head.headers(headers, is_reserved)?;
        // A copy needs no more memory than there are bytes.
        Ok(Response::new(Head::written(head.finish().as_slice().into())))
    }
}

/// An upgrade with a body is how requests are smuggled past a proxy that sees another end of it
/// than we do.
fn check_no_body(fields: &Fields<'_>) -> Result<(), InvalidHeader> {
    if let Some(coding) = fields.values(field::TRANSFER_ENCODING).next() {
        let name = field::TRANSFER_ENCODING;
        return Err(invalid_header(name, coding, HeaderProblem::Format));
    }
    match fields.at_most_one(field::CONTENT_LENGTH)? {
        None | Some("0") => Ok(()),
        Some(length) => Err(invalid_header(field::CONTENT_LENGTH, length, HeaderProblem::Format)),
    }
}

fn check_host(
    target: &str,
    fields: &Fields<'_>,
    options: &ServerOptions,
) -> Result<Authority, HandshakeError> {
    // §4.2.1 (2): the authority of the server.
    let text = fields.exactly_one(field::HOST)?;
    let host: Authority = text.parse()?;
    let target = Target::split(target);
    if !target.is_resource() {
        return Err(InvalidMessage::malformed("the target is no path").into());
    }
    if let Some(authority) = target.authority
        && Authority::parse(authority).as_ref() != Ok(&host)
    {
        return Err(InvalidMessage::malformed("the target is on another host than Host").into());
    }
    let port = host.port().or(options.secure.map(default_port));
    let admits = |allowed: &Authority| {
        allowed.host() == host.host() && (allowed.port().is_none() || allowed.port() == port)
    };
    match &options.allowed_hosts {
        Some(allowed) if !allowed.iter().any(admits) => {
            Err(invalid_header(field::HOST, text, HeaderProblem::Value).into())
        }
        _ => Ok(host),
    }
}

fn check_upgrade(fields: &Fields<'_>) -> Result<(), InvalidUpgrade> {
    // §4.2.1 (3) and (4): among the protocols there is `websocket`, among the connection options
    // `upgrade`.
    demand(fields, field::UPGRADE, is_protocol, "websocket").map_err(InvalidUpgrade::new)?;
    demand(fields, field::CONNECTION, is_token, "upgrade").map_err(InvalidUpgrade::new)
}
