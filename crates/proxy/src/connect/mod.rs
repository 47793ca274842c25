//! HTTP CONNECT: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

mod request;
pub use request::ConnectRequest;

mod reader;
pub use reader::ConnectReader;
