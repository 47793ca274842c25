//! The measured process: a server or a client, on one core and with one thread.

use std::error::Error;
use std::future::Future;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use super::peer::{Peer, Program};
use crate::measure::cores;
use crate::measure::process::LISTENING;
use crate::scenario::Compression;
use sockeye_bench_data::payload::Content;

/// The options on the command line of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerSettings {
    pub port: u16,
    pub compression: Compression,
    /// Whether idle connections send a ping after a few seconds.
    pub pings: bool,
}

/// The input of a server.
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
        expect(dead_code, reason = "no server in this build sends pings")
    )]
    pub pings: bool,
}

/// The work of a client: messages on some connections, `window` at a time, and the next ones when all echoes are back.
#[derive(Clone, Copy, Debug)]
pub struct ClientLoad {
    pub address: SocketAddr,
    pub connections: usize,
    pub window: usize,
    pub content: Content,
    pub size: usize,
}

/// The result of a server, a client, or one of its connections.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs a server until it is killed, or until its parent process ends.
pub fn run_server(peer: &Peer, settings: ServerSettings) -> Outcome {
    set_pdeathsig(Signal::SIGKILL)?;
    cores::pin(cores::MEASURED)?;
    cores::raise_open_files()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
    listener.set_nonblocking(true)?;
    println!("{LISTENING}{}", listener.local_addr()?);
    io::stdout().flush()?;
    #[cfg(feature = "allocations")]
    crate::measure::allocations::report_on_request()?;
    match peer.program {
        Program::Server(serve) => {
            serve(Setup { listener, compression: settings.compression, pings: settings.pings })
        }
        Program::Client(_) | Program::External(_) => Err("not a server of this program".into()),
    }
}

/// Runs a client until it is killed, or until its parent process ends.
pub fn run_client(peer: &Peer, load: ClientLoad) -> Outcome {
    set_pdeathsig(Signal::SIGKILL)?;
    cores::pin(cores::MEASURED)?;
    cores::raise_open_files()?;
    match peer.program {
        Program::Client(run) => run(load),
        Program::Server(_) | Program::External(_) => Err("not a client".into()),
    }
}

/// Accepts connections on a runtime with one thread, and handles each in a task.
pub(super) fn each_connection<F>(setup: Setup, handle: impl Fn(TcpStream) -> F) -> Outcome
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
