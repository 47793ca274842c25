//! TLS ([RFC 6455 §10.6](https://www.rfc-editor.org/rfc/rfc6455#section-10.6)), or its absence, behind one interface.

#[cfg(feature = "tls")]
mod enabled;
#[cfg(feature = "tls")]
pub(crate) use enabled::{ClientTls, ServerTls, TlsStream, beneath, judge};

#[cfg(not(feature = "tls"))]
mod disabled;
#[cfg(not(feature = "tls"))]
pub(crate) use disabled::{ClientTls, ServerTls, TlsStream, beneath, judge};
