//! TLS ([RFC 6455 §10.6](https://www.rfc-editor.org/rfc/rfc6455#section-10.6)), with the same interface whether the feature `tls` is enabled or not.

#[cfg(feature = "tls")]
mod enabled;
#[cfg(feature = "tls")]
pub use enabled::{ClientTls, ServerTls, TlsStream, classify, inner};

#[cfg(not(feature = "tls"))]
mod disabled;
#[cfg(not(feature = "tls"))]
pub use disabled::{ClientTls, ServerTls, TlsStream, classify, inner};
