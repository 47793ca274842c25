//! Connections that have negotiated permessage-deflate, if the feature is enabled.

#[cfg(feature = "deflate")]
mod enabled;
#[cfg(feature = "deflate")]
pub(crate) use enabled::{alternatives, links, links_masked_by};

#[cfg(not(feature = "deflate"))]
mod disabled;
#[cfg(not(feature = "deflate"))]
pub(crate) use disabled::{alternatives, links, links_masked_by};

#[cfg(feature = "deflate")]
mod connection;
