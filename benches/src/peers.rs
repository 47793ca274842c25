//! The servers: each echoes on one thread, written as its library's own documentation recommends for speed.

use std::error::Error;
use std::future::Future;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use crate::child::GREETING;
use crate::report::RAW;
use crate::scenario::{Compression, Scenario};
use crate::{clients, cores, identity};
use sockeye_bench_data::payload::Content;

#[cfg(feature = "runtimes")]
mod async_std;
#[cfg(feature = "async-tungstenite")]
mod async_tungstenite;
#[cfg(feature = "burst")]
mod burst;
#[cfg(feature = "fastwebsockets")]
mod fastwebsockets;
#[cfg(feature = "sockeye")]
mod halves;
mod others;
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

/// A library, or none for a raw echo.
#[derive(Debug)]
pub struct Peer {
    pub name: &'static str,
    /// The package whose version is told.
    package: &'static str,
    /// The settings for compression that it has.
    pub compression: &'static [Compression],
    /// The raw echo that its costs are compared with: itself, if it is one.
    pub ceiling: &'static str,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it frees what a connection that waits can do without, and a ping shows that it has waited.
    pub parks: bool,
    /// Whether only its memory is measured.
    pub only_idle: bool,
    program: Program,
}

/// What is measured.
#[derive(Debug)]
enum Program {
    /// A server of this program.
    Server(fn(Setup) -> Outcome),
    /// A client of this program.
    Client(fn(Talk) -> Outcome),
    /// A server that is another program, once it is installed.
    Other(fn() -> Option<Command>),
}

impl Peer {
    /// A server in this program.
    pub const fn serving(
        name: &'static str,
        package: &'static str,
        serve: fn(Setup) -> Outcome,
    ) -> Self {
        Self::of(name, package, Program::Server(serve))
    }

    /// A client in this program.
    pub const fn talking(
        name: &'static str,
        package: &'static str,
        talk: fn(Talk) -> Outcome,
    ) -> Self {
        Self::of(name, package, Program::Client(talk))
    }

    const fn of(name: &'static str, package: &'static str, program: Program) -> Self {
        Self {
            name,
            package,
            compression: &[],
            ceiling: RAW,
            tls: false,
            parks: false,
            only_idle: false,
            program,
        }
    }

    const fn compresses(self, compression: &'static [Compression]) -> Self {
        Self { compression, ..self }
    }

    const fn over_tls(self) -> Self {
        Self { tls: true, ..self }
    }

    /// Compared with this raw echo, which may be itself.
    const fn under(self, ceiling: &'static str) -> Self {
        Self { ceiling, ..self }
    }

    /// Whether it returns the very bytes that it gets, and knows no WebSocket.
    pub fn is_raw(&self) -> bool {
        self.name == self.ceiling
    }

    /// The command that runs it as a server.
    pub fn server(&self, scenario: &Scenario) -> io::Result<Command> {
        let compression = scenario.compression();
        if let Program::Other(command) = self.program {
            let mut command = command().ok_or_else(|| io::Error::other(NOT_INSTALLED))?;
            command.arg(compression.name());
            return Ok(command);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["server", self.name, "--compression", compression.name()]);
        if scenario.is_parked() {
            command.arg("--ping");
        }
        command.env("ASYNC_STD_THREAD_COUNT", "1");
        if self.tls {
            identity::hand_down(&mut command)?;
        }
        Ok(command)
    }

    /// Whether it runs in this program.
    pub fn is_ours(&self) -> bool {
        !matches!(self.program, Program::Other(_))
    }

    /// Whether it can be run here.
    pub fn is_installed(&self) -> bool {
        !matches!(self.program, Program::Other(command) if command().is_none())
    }

    /// The command that runs it as a client.
    pub fn client(&self, talk: &Talk) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        let Talk { address, connections, window, content, size } = talk;
        command.args(["client", self.name, &address.to_string(), &connections.to_string()]);
        command.args([&window.to_string(), content.name(), &size.to_string()]);
        Ok(command)
    }

    /// The version that this program was built with.
    pub fn version(&self) -> Option<&'static str> {
        if let Program::Other(_) = self.program {
            let mut lines = others::REQUIREMENTS.lines();
            return lines.find(|line| line.starts_with(self.package));
        }
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
    /// Whether to send pings after a few seconds.
    pub pings: bool,
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
    #[cfg_attr(
        not(feature = "sockeye"),
        expect(dead_code, reason = "no server in this build has them")
    )]
    pub pings: bool,
}

/// What a client does: messages on each of some connections, `window` at a time, and the next only when all are back.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    pub address: SocketAddr,
    pub connections: usize,
    pub window: usize,
    pub content: Content,
    pub size: usize,
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
    io::stdout().flush()?;
    #[cfg(feature = "allocations")]
    crate::allocations::tell()?;
    match peer.program {
        Program::Server(serve) => {
            serve(Setup { listener, compression: settings.compression, pings: settings.pings })
        }
        Program::Client(_) | Program::Other(_) => Err("no server of this program".into()),
    }
}

/// Runs a client until it is killed, or until the process that started it ends.
pub fn talk(peer: &Peer, talk: Talk) -> Outcome {
    set_pdeathsig(Signal::SIGKILL)?;
    cores::pin(cores::SERVER)?;
    cores::raise_open_files()?;
    match peer.program {
        Program::Client(run) => run(talk),
        Program::Server(_) | Program::Other(_) => Err("no client".into()),
    }
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

/// What a row says in the place of numbers.
pub const NOT_INSTALLED: &str = "not installed";

/// The largest message that must be echoed.
#[cfg_attr(
    not(any(
        feature = "burst",
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

const LOCK: &str = include_str!("../Cargo.lock");

/// The servers in this build, the raw echo first.
pub const SERVERS: &[Peer] = &[
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
    others::UWEBSOCKETS,
    others::PYTHON,
];

/// Sockeye as a whole and in halves.
pub const HALVES: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    #[cfg(feature = "sockeye")]
    halves::ONE_TASK,
    #[cfg(feature = "sockeye")]
    halves::CHANNEL,
    #[cfg(feature = "sockeye")]
    halves::TWO_TASKS,
];

/// Plain and in TLS.
pub const TLS: &[Peer] = &[
    raw::PEER,
    #[cfg(feature = "sockeye")]
    sockeye::PEER,
    tls::PEER,
    #[cfg(feature = "tls")]
    sockeye_tls::PEER,
];

/// The runtimes, each with its raw echo.
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

/// The server of this name.
pub fn server(name: &str) -> Option<&'static Peer> {
    let mut all = [SERVERS, HALVES, TLS, RUNTIMES].into_iter().flatten();
    all.find(|peer| peer.name == name)
}

/// The client of this name.
pub fn client(name: &str) -> Option<&'static Peer> {
    CLIENTS.iter().find(|peer| peer.name == name)
}

/// The clients in this build, the raw one first.
pub const CLIENTS: &[Peer] = &[
    clients::raw::PEER,
    #[cfg(feature = "sockeye")]
    clients::sockeye::PEER,
    #[cfg(feature = "fastwebsockets")]
    clients::fastwebsockets::PEER,
    #[cfg(feature = "tokio-websockets")]
    clients::tokio_websockets::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    clients::tokio_tungstenite::PEER,
    #[cfg(feature = "tokio-tungstenite")]
    clients::tokio_tungstenite::SMALL,
    #[cfg(feature = "yawc")]
    clients::yawc::PEER,
];
