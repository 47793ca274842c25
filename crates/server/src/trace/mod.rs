//! Events for `tracing`. Without the feature `tracing`, the same functions do nothing.

#[cfg(feature = "tracing")]
mod enabled;
#[cfg(feature = "tracing")]
pub(crate) use enabled::{
    accept_failed, handler_failed, handlers_cancelled, refusal_failed, refused,
};

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{
    accept_failed, handler_failed, handlers_cancelled, refusal_failed, refused,
};
