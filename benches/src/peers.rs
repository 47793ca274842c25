//! The peers: echo servers on one thread, each written as the documentation of its library recommends.
//!
//! A library that can flush after each message and can also batch has two peers. The bare name belongs to the mode of the
//! library's own echo example; the other one ends with `-send` (one flush for each message) or `-batched` (all messages that
//! have arrived are answered, then flushed once).

mod peer;
mod run;

#[cfg(feature = "runtimes")]
mod async_std;
#[cfg(feature = "async-tungstenite")]
mod async_tungstenite;
#[cfg(feature = "batch")]
mod batch;
mod external;
#[cfg(feature = "fastwebsockets")]
mod fastwebsockets;
#[cfg(any(feature = "fastwebsockets", feature = "soketto"))]
mod flush;
#[cfg(feature = "ratchet")]
mod ratchet;
mod raw;
#[cfg(feature = "runtimes")]
mod smol;
#[cfg(feature = "sockeye")]
mod sockeye;
#[cfg(feature = "tls")]
mod sockeye_tls;
#[cfg(feature = "sockudo-ws")]
mod sockudo_ws;
#[cfg(feature = "soketto")]
mod soketto;
#[cfg(feature = "sockeye")]
mod split;
mod tls;
#[cfg(feature = "tokio-tungstenite")]
mod tokio_tungstenite;
#[cfg(feature = "tokio-websockets")]
mod tokio_websockets;
#[cfg(feature = "web-socket")]
mod web_socket;
#[cfg(feature = "wtx")]
mod wtx;
#[cfg(feature = "yawc")]
mod yawc;

use crate::clients;

use run::each_connection;

pub use peer::{NOT_INSTALLED, Peer};
pub use run::{ClientLoad, Outcome, ServerSettings, Setup, run_client, run_server};

/// Returns the server with this name.
pub fn server(name: &str) -> Option<&'static Peer> {
    let mut all = [SERVERS, SPLIT, TLS, RUNTIMES].into_iter().flatten();
    all.find(|peer| peer.name == name)
}

/// Returns the client with this name.
pub fn client(name: &str) -> Option<&'static Peer> {
    CLIENTS.iter().find(|peer| peer.name == name)
}

/// The servers in this build, the raw echo first.
pub const SERVERS: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::SEND,
    #[cfg(feature = "fastwebsockets")]
    fastwebsockets::PEER,
    #[cfg(feature = "fastwebsockets")]
    fastwebsockets::BATCHED,
    #[cfg(feature = "tokio-websockets")]
    tokio_websockets::PEER,
    #[cfg(feature = "tokio-websockets")]
    tokio_websockets::BATCHED,
    #[cfg(feature = "tokio-tungstenite")]
    tokio_tungstenite::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    tokio_tungstenite::SEND,
    #[cfg(feature = "tokio-tungstenite")]
    tokio_tungstenite::SMALL,
    #[cfg(feature = "async-tungstenite")]
    async_tungstenite::PEER,
    #[cfg(feature = "async-tungstenite")]
    async_tungstenite::SEND,
    #[cfg(feature = "yawc")]
    yawc::PEER,
    #[cfg(feature = "yawc")]
    yawc::SEND,
    #[cfg(feature = "yawc")]
    yawc::SMALL,
    #[cfg(feature = "sockudo-ws")]
    sockudo_ws::PEER,
    #[cfg(feature = "sockudo-ws")]
    sockudo_ws::SEND,
    #[cfg(feature = "wtx")]
    wtx::PEER,
    #[cfg(feature = "soketto")]
    soketto::PEER,
    #[cfg(feature = "soketto")]
    soketto::BATCHED,
    #[cfg(feature = "ratchet")]
    ratchet::PEER,
    #[cfg(feature = "web-socket")]
    web_socket::PEER,
    #[cfg(feature = "web-socket")]
    web_socket::BATCHED,
    external::UWEBSOCKETS,
    external::PYTHON,
];

/// Sockeye as one `WebSocket` and after `split`.
pub const SPLIT: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    #[cfg(feature = "sockeye")]
    split::ONE_TASK,
    #[cfg(feature = "sockeye")]
    split::CHANNEL,
    #[cfg(feature = "sockeye")]
    split::TWO_TASKS,
];

/// Sockeye and a raw echo, each without and with TLS.
pub const TLS: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    tls::PEER,
    #[cfg(feature = "tls")]
    sockeye_tls::PEER,
];

/// Sockeye on each runtime, and a raw echo on each.
pub const RUNTIMES: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    #[cfg(feature = "runtimes")]
    smol::RAW,
    #[cfg(feature = "runtimes")]
    smol::SOCKEYE,
    #[cfg(feature = "runtimes")]
    async_std::RAW,
    #[cfg(feature = "runtimes")]
    async_std::SOCKEYE,
];

/// The clients in this build, the raw one first.
pub const CLIENTS: &[Peer] = &[
    clients::raw::PEER,
    #[cfg(feature = "sockeye")]
    clients::sockeye::PEER,
    #[cfg(feature = "fastwebsockets")]
    clients::fastwebsockets::PEER,
    #[cfg(feature = "fastwebsockets")]
    clients::fastwebsockets::BATCHED,
    #[cfg(feature = "tokio-websockets")]
    clients::tokio_websockets::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    clients::tokio_tungstenite::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    clients::tokio_tungstenite::SMALL,
    #[cfg(feature = "yawc")]
    clients::yawc::PEER,
];

/// The largest message that a server must echo.
#[cfg_attr(
    not(any(
        feature = "batch",
        feature = "fastwebsockets",
        feature = "ratchet",
        feature = "sockeye",
        feature = "soketto",
        feature = "tokio-websockets",
        feature = "web-socket",
        feature = "wtx"
    )),
    expect(dead_code, reason = "a raw echo has no limit")
)]
pub const LIMIT: usize = 64 << 20;
