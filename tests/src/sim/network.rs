//! A network in memory: host names, listeners and connections.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use super::{WORLD, lock, with_world};
use crate::{Pipe, hosts, pipe};

/// Gives a host these addresses; without, it has that of the loopback.
///
/// # Panics
///
/// Outside of [`run`](super::run).
pub fn set_addresses(host: &str, addresses: impl Into<Vec<IpAddr>>) {
    with_world(|world| world.names.insert(host.to_owned(), addresses.into()));
}

/// The hosts that were looked up since the last call.
///
/// # Panics
///
/// Outside of [`run`](super::run).
pub fn resolved() -> Vec<String> {
    with_world(|world| std::mem::take(&mut world.resolved))
}

/// Waits for connections in memory.
#[derive(Debug)]
pub struct Listener {
    backlog: Arc<Mutex<Backlog>>,
    /// Keeps the port.
    socket: std::net::TcpListener,
}

impl Listener {
    pub(crate) fn new(socket: std::net::TcpListener) -> io::Result<Self> {
        let port = socket.local_addr()?.port();
        let backlog = Arc::new(Mutex::new(Backlog::default()));
        with_world(|world| world.listeners.insert(port, Arc::clone(&backlog)));
        Ok(Self { backlog, socket })
    }

    pub(crate) async fn accept(&self) -> io::Result<(Pipe, SocketAddr)> {
        poll_fn(|cx| {
            let mut backlog = lock(&self.backlog);
            if let Some(stream) = backlog.streams.pop_front() {
                return Poll::Ready(Ok(stream));
            }
            backlog.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Ok(address) = self.socket.local_addr() else { return };
        WORLD.with_borrow_mut(|world| {
            if let Some(world) = world {
                world.listeners.remove(&address.port());
            }
        });
        lock(&self.backlog).streams.clear();
    }
}

/// Streams that wait to be accepted, and the tasks that wait for one.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    streams: VecDeque<(Pipe, SocketAddr)>,
    waker: Option<Waker>,
}

/// The addresses of a host.
pub(crate) fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    let addresses = with_world(|world| {
        world.resolved.push(host.to_owned());
        world.names.get(host).cloned()
    });
    match addresses {
        Some(addresses) => {
            addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
        }
        None => hosts::resolve(host, port),
    }
}

/// Connects to the listener at the address.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<Pipe> {
    hosts::answer(address).await?;
    let backlog = with_world(|world| world.listeners.get(&address.port()).cloned());
    let backlog = backlog.ok_or(io::ErrorKind::ConnectionRefused)?;
    let own = SocketAddr::from(([127, 0, 0, 1], 1));
    let (near, far) = pipe(64 << 10);
    let waker = {
        let mut backlog = lock(&backlog);
        backlog.streams.push_back((far.at(address, own), own));
        backlog.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
    Ok(near.at(own, address))
}
