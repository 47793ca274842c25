//! The servers: each echoes on one thread, written as its library's own documentation recommends for speed.

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use crate::cores;
use crate::scenario::Compression;
use crate::server::GREETING;

#[cfg(feature = "async-tungstenite")]
mod async_tungstenite;
#[cfg(feature = "burst")]
mod burst;
#[cfg(feature = "fastwebsockets")]
mod fastwebsockets;
#[cfg(feature = "ratchet")]
mod ratchet;
mod raw;
#[cfg(feature = "sockeye")]
mod sockeye;
#[cfg(feature = "sockudo-ws")]
mod sockudo_ws;
#[cfg(feature = "soketto")]
mod soketto;
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

/// A library, or none for the raw echo.
#[derive(Debug)]
pub struct Peer {
    pub name: &'static str,
    /// The package whose version is told.
    package: &'static str,
    /// The settings for compression that it has.
    pub compression: &'static [Compression],
    serve: fn(Setup) -> Outcome,
}

impl Peer {
    /// The version that this program was built with.
    pub fn version(&self) -> Option<&'static str> {
        let start = format!("name = \"{}\"\nversion = \"", self.package);
        let (_, rest) = LOCK.split_once(&start)?;
        rest.split('"').next()
    }
}

/// What the command line of a server says.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub port: u16,
    pub compression: Compression,
}

/// What a server starts from.
#[derive(Debug)]
pub struct Setup {
    pub listener: TcpListener,
    #[cfg_attr(
        not(any(
            feature = "sockeye",
            feature = "sockudo-ws",
            feature = "soketto",
            feature = "yawc"
        )),
        expect(dead_code, reason = "no server in this build compresses")
    )]
    pub compression: Compression,
}

/// How a server, or one of its connections, ends.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs a server until it is killed, or until the process that started it ends.
pub fn serve(peer: &Peer, settings: Settings) -> Outcome {
    set_pdeathsig(Signal::SIGKILL)?;
    cores::pin(cores::SERVER)?;
    cores::raise_open_files()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
    listener.set_nonblocking(true)?;
    println!("{GREETING}{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    (peer.serve)(Setup { listener, compression: settings.compression })
}

/// Accepts connections on a runtime with one thread, and gives each to a task.
fn each_connection<F>(setup: Setup, handle: impl Fn(TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(
        async {
            let listener = tokio::net::TcpListener::from_std(setup.listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(handle(stream));
            }
        },
    )
}

/// The largest message that a server must echo.
const LIMIT: usize = 64 << 20;

const LOCK: &str = include_str!("../Cargo.lock");

/// The servers in this build, the raw echo first.
pub const ALL: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    #[cfg(feature = "fastwebsockets")]
    fastwebsockets::PEER,
    #[cfg(feature = "tokio-websockets")]
    tokio_websockets::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    tokio_tungstenite::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    tokio_tungstenite::SMALL,
    #[cfg(feature = "async-tungstenite")]
    async_tungstenite::PEER,
    #[cfg(feature = "yawc")]
    yawc::PEER,
    #[cfg(feature = "yawc")]
    yawc::SMALL,
    #[cfg(feature = "sockudo-ws")]
    sockudo_ws::PEER,
    #[cfg(feature = "wtx")]
    wtx::PEER,
    #[cfg(feature = "soketto")]
    soketto::PEER,
    #[cfg(feature = "ratchet")]
    ratchet::PEER,
    #[cfg(feature = "web-socket")]
    web_socket::PEER,
];
