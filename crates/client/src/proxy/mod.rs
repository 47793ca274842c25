//! Proxies ([RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)), with the same interface whether the feature `proxy` is enabled or not.

#[cfg(feature = "proxy")]
mod enabled;
#[cfg(feature = "proxy")]
mod socks;
#[cfg(feature = "proxy")]
pub(crate) use enabled::{Proxies, tunnel};

#[cfg(not(feature = "proxy"))]
mod disabled;
#[cfg(not(feature = "proxy"))]
pub(crate) use disabled::{Proxies, tunnel};
