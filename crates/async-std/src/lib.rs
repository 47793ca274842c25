#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod io;

mod runtime;
pub use runtime::{AsyncStd, Sleep};

mod entry;
#[cfg(unix)]
pub use entry::serve_unix;
pub use entry::{accept, client, connect, reconnect, serve};

mod names;
pub use names::{
    Accepting, AwaitedPong, Connect, ConnectOver, Handshake, MessageReader, MessageWriter,
    Receiver, Reconnect, Sender, Serve, Stream, WebSocket,
};

#[cfg(unix)]
#[doc(no_inline)]
pub use sockeye_driver::BindUnix;
#[doc(no_inline)]
pub use sockeye_driver::{
    Accept, Bind, Change, HandlerError, Pong, Reject, Server, TcpOptions, Verdict,
};
