#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod io;

mod runtime;
pub use runtime::{Sleep, Smol};

/// The stream under a connection that [`connect`] opened or [`serve`] accepted.
///
/// This is an alias of the generic type [`Stream`](sockeye_net::Stream), which implements the traits of futures-io.
///
/// # Examples
///
/// ```
/// fn example(ws: &sockeye::smol::WebSocket) {
///     let stream: &sockeye::smol::Stream = ws.get_ref();
///     println!("connected with {:?}", stream.peer_addr());
/// }
/// ```
///
/// # Methods
///
/// | method | purpose |
/// | --- | --- |
/// | [`as_tcp`](sockeye_net::Stream::as_tcp) | the TCP connection |
/// | [`as_unix`](sockeye_net::Stream::as_unix) | the connection over a Unix socket |
/// | [`local_addr`](sockeye_net::Stream::local_addr) | the local TCP address |
/// | [`peer_addr`](sockeye_net::Stream::peer_addr) | the TCP address of the peer |
/// | [`peer_certificates`](sockeye_net::Stream::peer_certificates) | the certificate chain of the peer |
/// | [`tcp`](sockeye_net::Stream::tcp) | wraps a TCP connection |
/// | [`unix`](sockeye_net::Stream::unix) | wraps a connection over a Unix socket |
pub type Stream = sockeye_net::Stream<Smol>;

sockeye_net::runtime_api!(Smol, "sockeye::smol", "sockeye::smol");

#[cfg(unix)]
#[doc(no_inline)]
pub use sockeye_server::BindUnix;
#[doc(no_inline)]
pub use sockeye_server::{Bind, Decision, HandlerError, Server};
