//! The client's side of the opening handshake: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

mod handshake;
pub use handshake::{ClientHandshake, Negotiated};

mod options;
pub use options::ClientOptions;
