#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod runtime;
pub use runtime::{Io, Runtime};

mod stream;
pub use stream::Stream;

mod tcp;
pub use tcp::TcpOptions;

mod websocket;
pub use websocket::WebSocket;

mod sender;
pub use sender::Sender;

mod receiver;
pub use receiver::Receiver;

mod ping;
pub use ping::{AwaitedPong, Pong};

mod reader;
pub use reader::MessageReader;

mod writer;
pub use writer::MessageWriter;

mod connect;
pub use connect::{Connect, Given, client, connect};

mod dial;
pub use dial::Dial;

mod reconnect;
pub use reconnect::{Change, Reconnect, reconnect};

mod accept;
pub use accept::{Accepting, accept};

mod answer;
pub use answer::Handshake;

mod bind;
pub use bind::Bind;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::BindUnix;

mod serve;
#[cfg(unix)]
pub use serve::serve_unix;
pub use serve::{
    HandlerError, Reject, Serve,
    Verdict::{self, Accept},
    serve,
};

mod server;
pub use server::Server;

mod about;
mod access;
mod backoff;
mod budget;
mod connector;
mod core;
mod deadline;
mod deflate;
#[cfg(feature = "futures")]
mod futures;
mod header;
mod home;
mod inbox;
mod keep;
mod link;
mod mailbox;
mod masks;
mod opening;
mod parcel;
mod proxy;
mod race;
mod reception;
mod redirect;
mod registry;
mod rejection;
mod reply;
mod roll;
mod split;
mod tasks;
mod terms;
mod timer;
mod tls;
mod trace;
mod wire;

#[doc(no_inline)]
pub use sockeye_errors as errors;
#[doc(no_inline)]
pub use sockeye_handshake as handshake;
#[doc(no_inline)]
pub use sockeye_protocol as protocol;

#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use futures_rustls::rustls;
