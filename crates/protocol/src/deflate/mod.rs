//! permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), or its absence, behind one interface.

#[cfg(feature = "deflate")]
mod enabled;
#[cfg(feature = "deflate")]
pub(crate) use enabled::{CompressedForms, Deflater, Inflater};

#[cfg(not(feature = "deflate"))]
mod disabled;
#[cfg(not(feature = "deflate"))]
pub(crate) use disabled::{CompressedForms, Deflater, Inflater};
