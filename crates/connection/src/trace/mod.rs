//! Events for `tracing`. Without the feature `tracing`, the same functions do nothing.

#[cfg(feature = "tracing")]
mod enabled;
#[cfg(feature = "tracing")]
pub(crate) use enabled::{ended, opened, ping_received, pong_received};

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{ended, opened, ping_received, pong_received};
