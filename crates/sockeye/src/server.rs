//! Serving connections: options, handlers, requests, rejections and shutdown.
//!
//! The functions and builders here are generic over the runtime. The root of the crate and the modules of the runtimes
//! export them with the runtime filled in.

#[doc(no_inline)]
pub use crate::{HandlerError, Server};
#[doc(inline)]
pub use sockeye_connection::{SlowConsumer, SlowPolicy};
#[doc(inline)]
pub use sockeye_handshake::{
    Authority, Origins, Rejection, ServerHandshake, ServerOptions, ValidRequest,
};
#[doc(no_inline)]
pub use sockeye_handshake::{Limits, Subprotocols};
#[doc(inline)]
pub use sockeye_server::{
    Accept, Bind, Decision, HandlerPanic, Serve, UpgradeRequest, accept, serve,
};
#[cfg(unix)]
#[doc(inline)]
pub use sockeye_server::{BindUnix, serve_unix};
