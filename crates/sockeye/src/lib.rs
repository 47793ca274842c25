#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! # API overview
//!
//! | | |
//! | --- | --- |
//! | entry points | [`connect`](fn@connect), [`reconnect`](fn@reconnect), [`serve`](fn@serve), `serve_unix`; over an existing stream: [`client`](fn@client), [`accept`](fn@accept) |
//! | builders | [`Connect`], [`Serve`], [`Accept`], [`Reconnect`] |
//! | connections | [`WebSocket`], its halves [`Sender`] and [`Receiver`], and everything else in [`connection`] |
//! | messages | [`Message`], [`Text`], [`MessageKind`], [`Prepared`], [`Config`] |
//! | servers | [`Server`], [`UpgradeRequest`], [`HandlerError`], and everything else in [`server`] |
//! | clients | everything else in [`client`](mod@client) |
//! | errors | [`Error`], [`ConnectionClosed`], [`Close`], [`CloseCode`], and everything else in [`error`] |
//! | runtimes | `tokio`, `async_std`, `smol` |
//! | without I/O | [`protocol`] |
//! | other crates | `bytes` for payloads, `http` for headers and status codes, `rustls` |
//!
//! The root exports the API of the first enabled runtime. The modules of the runtimes export that of each.

#[cfg(feature = "tokio")]
pub mod tokio {
    //! Sockeye on tokio: the functions and types of this crate with the runtime filled in.

    #[doc(inline)]
    pub use sockeye_tokio::*;
}
#[cfg(all(unix, feature = "tokio"))]
#[doc(inline)]
pub use sockeye_tokio::serve_unix;
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use sockeye_tokio::{
    Accept, Connect, Receiver, Reconnect, Sender, Serve, UpgradeRequest, WebSocket, accept, client,
    connect, reconnect, serve,
};

#[cfg(feature = "async-std")]
pub mod async_std {
    //! Sockeye on async-std: the functions and types of this crate with the runtime filled in.

    #[doc(inline)]
    pub use sockeye_async_std::*;
}
#[cfg(all(unix, feature = "async-std", not(feature = "tokio")))]
#[doc(inline)]
pub use sockeye_async_std::serve_unix;
#[cfg(all(feature = "async-std", not(feature = "tokio")))]
#[doc(inline)]
pub use sockeye_async_std::{
    Accept, Connect, Receiver, Reconnect, Sender, Serve, UpgradeRequest, WebSocket, accept, client,
    connect, reconnect, serve,
};

#[cfg(feature = "smol")]
pub mod smol {
    //! Sockeye on smol: the functions and types of this crate with the runtime filled in.

    #[doc(inline)]
    pub use sockeye_smol::*;
}
#[cfg(all(unix, feature = "smol", not(any(feature = "tokio", feature = "async-std"))))]
#[doc(inline)]
pub use sockeye_smol::serve_unix;
#[cfg(all(feature = "smol", not(any(feature = "tokio", feature = "async-std"))))]
#[doc(inline)]
pub use sockeye_smol::{
    Accept, Connect, Receiver, Reconnect, Sender, Serve, UpgradeRequest, WebSocket, accept, client,
    connect, reconnect, serve,
};

#[cfg(feature = "deflate")]
#[doc(inline)]
pub use sockeye_deflate::DeflateConfig;
#[doc(inline)]
pub use sockeye_errors::{Close, CloseCode, ConnectionClosed, Error};
#[doc(inline)]
pub use sockeye_handshake::{Request, Response};
#[doc(inline)]
pub use sockeye_protocol::{Config, Message, MessageKind, Prepared, Text};
#[doc(inline)]
pub use sockeye_server::{HandlerError, Server};

pub mod client;
pub mod connection;
pub mod error;
pub mod server;

pub mod protocol {
    //! The connection without I/O: messages, fragments, control frames, closing and keepalive.

    #[doc(inline)]
    pub use sockeye_protocol::*;
}

// The crates whose types are part of this API.
#[doc(no_inline)]
pub use bytes;
#[doc(no_inline)]
pub use http;
#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use sockeye_net::rustls;
