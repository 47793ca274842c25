#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod io;

mod runtime;
pub use runtime::{Sleep, Smol};

/// The stream under a connection that [`connect`] opened or a [`Server`] accepted.
pub type Stream = sockeye_net::Stream<Smol>;

sockeye_net::runtime_api!(Smol, "sockeye::smol");

#[cfg(unix)]
#[doc(no_inline)]
pub use sockeye_server::BindUnix;
#[doc(no_inline)]
pub use sockeye_server::{Bind, Decision, HandlerError, Server};
