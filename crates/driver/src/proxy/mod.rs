//! Proxies ([RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)), or their absence, behind one interface.

#[cfg(feature = "proxy")]
mod enabled;
#[cfg(feature = "proxy")]
pub(crate) use enabled::{Proxies, tunnel};

#[cfg(not(feature = "proxy"))]
mod disabled;
#[cfg(not(feature = "proxy"))]
pub(crate) use disabled::{Proxies, tunnel};
