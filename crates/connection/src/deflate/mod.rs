//! permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), with the same interface whether the feature `deflate` is enabled or not.

#[cfg(feature = "deflate")]
mod enabled;
#[cfg(feature = "deflate")]
pub use enabled::{DeflateOption, NegotiatedDeflate};

#[cfg(not(feature = "deflate"))]
mod disabled;
#[cfg(not(feature = "deflate"))]
pub use disabled::{DeflateOption, NegotiatedDeflate};
