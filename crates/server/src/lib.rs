#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod serve;
#[cfg(unix)]
pub use serve::serve_unix;
pub use serve::{Serve, serve};

mod server;
pub use server::Server;

mod handler;
pub use handler::{Decision, HandlerError, HandlerPanic};

mod accept;
pub use accept::{Accept, accept};

mod handshake;
pub use handshake::UpgradeRequest;

mod bind;
pub use bind::Bind;

#[cfg(unix)]
mod bind_unix;
#[cfg(unix)]
pub use bind_unix::BindUnix;

mod accept_loop;
mod broadcast;
#[cfg(feature = "deflate")]
mod compression;
mod connection_task;
mod connections;
mod pending_handshakes;
mod reject;
mod serve_limits;
mod serve_options;
#[cfg(feature = "tls")]
mod serve_tls;
mod settings;
mod shutdown;
mod trace;
