//! A runtime for tests: one thread, a clock that only moves when all tasks wait, and a network in memory.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    os::unix::net::{UnixListener, UnixStream},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures_io::{AsyncRead, AsyncWrite};
use sockeye::connection::{Io, Runtime, Sockets, Stream, TcpOptions};

use crate::Pipe;

mod clock;
pub(crate) use clock::pass;
pub use clock::{Elapsed, Sleep, elapsed, sleep, timers};

mod executor;
pub use executor::{run, run_shuffled};

mod network;
use network::Backlog;
pub use network::{Listener, resolved, set_addresses};

mod tasks;
pub use tasks::{Join, both, spawn, yield_now};

/// The runtime. A name, not a value.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values, and never will be")]
pub enum Sim {}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// The state of a simulation besides its tasks.
struct World {
    start: Instant,
    now: Instant,
    timers: BTreeMap<(Instant, u64), Waker>,
    next_timer: u64,
    spawned: Vec<BoxedTask>,
    listeners: HashMap<u16, Arc<Mutex<Backlog>>>,
    names: HashMap<String, Vec<IpAddr>>,
    resolved: Vec<String>,
}

type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

fn with_world<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| act(world.as_mut().expect("this runs inside of `run`")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runtime for Sim {
    type Sleep = Sleep;

    fn now() -> Instant {
        with_world(|world| world.now)
    }

    fn sleep_until(deadline: Instant) -> Sleep {
        Sleep::until(deadline)
    }

    fn deadline(sleep: &Sleep) -> Instant {
        sleep.deadline()
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        with_world(|world| world.spawned.push(Box::pin(task)));
    }
}

impl Sockets for Sim {
    type Tcp = Pipe;
    type TcpListener = Listener;
    type Unix = Pipe;
    type UnixListener = Listener;
    type Stream = Stream<Self>;

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(network::resolve(host, port))
    }

    async fn connect_tcp(address: SocketAddr, _: &TcpOptions) -> io::Result<Pipe> {
        network::connect(address).await
    }

    fn listen_tcp(socket: std::net::TcpListener) -> io::Result<Listener> {
        Listener::new(socket)
    }

    async fn accept_tcp(listener: &Listener) -> io::Result<(Pipe, SocketAddr)> {
        listener.accept().await
    }

    fn configure_tcp(_: &Pipe, _: &TcpOptions) -> io::Result<()> {
        Ok(())
    }

    fn tcp_addresses(stream: &Pipe) -> io::Result<(SocketAddr, SocketAddr)> {
        stream.addresses().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn unix_from_std(_: UnixStream) -> io::Result<Pipe> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn listen_unix(_: UnixListener) -> io::Result<Listener> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_unix(_: &Listener) -> io::Result<Pipe> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<S: AsyncRead + AsyncWrite> Io<S> for Sim {
    fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        io.poll_read(cx, buf)
    }

    fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        io.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        io: Pin<&mut S>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        io.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        io.poll_flush(cx)
    }

    fn poll_close(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        io.poll_close(cx)
    }
}
