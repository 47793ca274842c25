//! WebSocket URIs, and where redirects lead: [RFC 6455 §3](https://www.rfc-editor.org/rfc/rfc6455#section-3).

mod websocket_uri;
pub use websocket_uri::WebSocketUri;

mod redirect;
pub use redirect::redirect_location;
