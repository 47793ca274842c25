#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! # Where is what
//!
//! | | |
//! | --- | --- |
//! | to begin | [`connect`], [`serve`], `serve_unix`; over a stream that is there: [`client`], [`accept`]; again and again: [`reconnect`] |
//! | their options | [`Connect`], [`ConnectOver`], [`Serve`], [`Accepting`], [`Reconnect`]; [`Config`], [`Limits`], [`ServerOptions`], [`TcpOptions`] |
//! | the connection | [`WebSocket`]; in halves: [`Sender`], [`Receiver`]; the [`Stream`] beneath; its [`State`] |
//! | what is sent and received | [`Message`], [`MessageKind`], [`Text`]; [`Outgoing`], [`Prepared`] |
//! | messages in parts | [`MessageWriter`], [`MessageReader`] |
//! | pings | [`AwaitedPong`], and [`Pong`] from a [`Sender`] |
//! | the server | [`Server`], where it listens: [`Bind`], `BindUnix`; what a handler fails with: [`HandlerError`] |
//! | the opening handshake | [`Handshake`], [`Request`], [`Response`], [`Verdict`], [`Rejection`], [`Origins`], [`Subprotocols`], [`Authority`] |
//! | the client's side of it | [`WebSocketUri`], [`Credentials`]; what a [`Reconnect`] tells: [`Change`] |
//! | the end | [`ConnectionClosed`], [`Close`], [`CloseCode`], [`CloseCause`] |
//! | what can go wrong | [`Error`], and its families [`HandshakeError`], [`ProtocolError`], [`ProxyError`], [`SecurityError`]; inside of [`Error::Io`]: [`AddressError`]; [`ErrorCategory`], [`ErrorLevel`] |
//! | types of others | [`bytes`] for payloads, [`http`] for headers and status codes |
//! | the layers below | [`driver`] for other runtimes and generic code, [`protocol`] without I/O |
//!
//! [`WebSocket`] and its likes stand at the root for the first runtime that is enabled; the modules of the runtimes have
//! them all.

// The runtimes. What stands at the root is that of the first one that is enabled.
#[cfg(feature = "tokio")]
pub use sockeye_tokio as tokio;
#[cfg(all(unix, feature = "tokio"))]
#[doc(inline)]
pub use sockeye_tokio::serve_unix;
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use sockeye_tokio::{
    Accepting, AwaitedPong, Connect, ConnectOver, Handshake, MessageReader, MessageWriter,
    Receiver, Reconnect, Sender, Serve, Stream, WebSocket, accept, client, connect, reconnect,
    serve,
};

#[cfg(feature = "async-std")]
pub use sockeye_async_std as async_std;
#[cfg(all(unix, feature = "async-std", not(feature = "tokio")))]
#[doc(inline)]
pub use sockeye_async_std::serve_unix;
#[cfg(all(feature = "async-std", not(feature = "tokio")))]
#[doc(inline)]
pub use sockeye_async_std::{
    Accepting, AwaitedPong, Connect, ConnectOver, Handshake, MessageReader, MessageWriter,
    Receiver, Reconnect, Sender, Serve, Stream, WebSocket, accept, client, connect, reconnect,
    serve,
};

#[cfg(feature = "smol")]
pub use sockeye_smol as smol;
#[cfg(all(unix, feature = "smol", not(any(feature = "tokio", feature = "async-std"))))]
#[doc(inline)]
pub use sockeye_smol::serve_unix;
#[cfg(all(feature = "smol", not(any(feature = "tokio", feature = "async-std"))))]
#[doc(inline)]
pub use sockeye_smol::{
    Accepting, AwaitedPong, Connect, ConnectOver, Handshake, MessageReader, MessageWriter,
    Receiver, Reconnect, Sender, Serve, Stream, WebSocket, accept, client, connect, reconnect,
    serve,
};

#[cfg(unix)]
#[doc(inline)]
pub use sockeye_driver::BindUnix;
#[doc(inline)]
pub use sockeye_driver::{
    Accept, Bind, Change, HandlerError, Pong, Reject, Server, TcpOptions, Verdict,
};

#[cfg(feature = "deflate")]
#[doc(inline)]
pub use sockeye_deflate::Deflate;

#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use sockeye_driver::rustls;

#[cfg(feature = "proxy")]
#[doc(inline)]
pub use sockeye_proxy::Proxy;

#[doc(inline)]
pub use sockeye_errors::{
    AddressError, Close, CloseCause, CloseCode, ConcurrencyError, ConnectionClosed,
    DuplicateParameter, Error, ErrorCategory, ErrorLevel, HandshakeError, HeaderProblem,
    InvalidHeader, InvalidMessage, InvalidMethod, InvalidOrigin, InvalidParameterName,
    InvalidParameterValue, InvalidProtocol, InvalidProxy, InvalidProxyMessage, InvalidProxyStatus,
    InvalidState, InvalidStatus, InvalidUpgrade, InvalidUri, NegotiationError, Operation,
    OriginProblem, PayloadTooBig, ProtocolError, ProxyError, SecurityError, SocksError, SocksReply,
    State, Timeout,
};

#[doc(inline)]
pub use sockeye_handshake::{
    Authority, Credentials, Limits, Origins, Rejection, Request, Response, ServerOptions,
    Subprotocols, WebSocketUri,
};

#[doc(inline)]
pub use sockeye_protocol::{Config, Message, MessageKind, Outgoing, Prepared, Text};

// Crates whose types are part of this interface.
#[doc(no_inline)]
pub use bytes;
#[doc(no_inline)]
pub use http;

// The layers below, for those who build something else on them.
pub use sockeye_driver as driver;
pub use sockeye_protocol as protocol;
