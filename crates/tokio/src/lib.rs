#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod io;

mod runtime;
pub use runtime::Tokio;

mod stream;
pub use stream::Stream;

sockeye_net::runtime_api!(Tokio, "sockeye", "sockeye::tokio");

#[cfg(unix)]
#[doc(no_inline)]
pub use sockeye_server::BindUnix;
#[doc(no_inline)]
pub use sockeye_server::{Bind, Decision, HandlerError, Server};
