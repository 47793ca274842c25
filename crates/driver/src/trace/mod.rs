//! What happens, told to `tracing`, or to nobody.

#[cfg(feature = "tracing")]
mod enabled;
#[cfg(feature = "tracing")]
pub(crate) use enabled::{
    accept_failed, ended, handler_failed, handler_panicked, opened, refusal_failed, refused,
};

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{
    accept_failed, ended, handler_failed, handler_panicked, opened, refusal_failed, refused,
};
