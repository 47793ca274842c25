//! The names of the headers that the handshake reads and writes: [RFC 6455 §11.3](https://www.rfc-editor.org/rfc/rfc6455#section-11.3).

pub(crate) const AUTHORIZATION: &str = "Authorization";
pub(crate) const CONNECTION: &str = "Connection";
pub(crate) const CONTENT_LENGTH: &str = "Content-Length";
pub(crate) const HOST: &str = "Host";
pub(crate) const KEEP_ALIVE: &str = "Keep-Alive";
pub(crate) const LOCATION: &str = "Location";
pub(crate) const ORIGIN: &str = "Origin";
/// The pseudo-header field of RFC 8441 §4.
pub(crate) const PROTOCOL: &str = ":protocol";
pub(crate) const PROXY_CONNECTION: &str = "Proxy-Connection";
pub(crate) const SEC_WEBSOCKET_ACCEPT: &str = "Sec-WebSocket-Accept";
pub(crate) const SEC_WEBSOCKET_EXTENSIONS: &str = "Sec-WebSocket-Extensions";
pub(crate) const SEC_WEBSOCKET_KEY: &str = "Sec-WebSocket-Key";
pub(crate) const SEC_WEBSOCKET_PROTOCOL: &str = "Sec-WebSocket-Protocol";
pub(crate) const SEC_WEBSOCKET_VERSION: &str = "Sec-WebSocket-Version";
pub(crate) const TRANSFER_ENCODING: &str = "Transfer-Encoding";
pub(crate) const UPGRADE: &str = "Upgrade";
pub(crate) const USER_AGENT: &str = "User-Agent";
pub(crate) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";
