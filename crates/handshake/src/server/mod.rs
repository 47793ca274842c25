//! The server's side of the opening handshake: [RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2).

mod handshake;
pub use handshake::ServerHandshake;

mod options;
pub use options::ServerOptions;

mod origin;
pub use origin::Origins;

mod rejection;
pub use rejection::{Rejection, status_for};

mod response_headers;
pub use response_headers::add_header;

mod valid_request;
pub use valid_request::ValidRequest;

mod rules;
mod transport;
