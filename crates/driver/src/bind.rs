//! Where a server listens.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

use crate::{
    Runtime, Stream, TcpOptions,
    dial::{at, no_address},
};

/// Where a server listens: addresses, of which the first one that is free is taken, or a listener that is there.
#[derive(Debug)]
pub struct Bind(Place);

#[derive(Debug)]
enum Place {
    Addresses(io::Result<Vec<SocketAddr>>),
    Listener(TcpListener),
}

impl<A: ToSocketAddrs> From<A> for Bind {
    fn from(addresses: A) -> Self {
        let addresses = addresses.to_socket_addrs().map(Iterator::collect);
        Self(Place::Addresses(addresses.map_err(explained)))
    }
}

/// Says what is wanted, since most who write something else forget the port.
fn explained(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput => {
            let text = format!("{error}: a host and a port are needed, such as 127.0.0.1:8765");
            io::Error::new(error.kind(), text)
        }
        _ => error,
    }
}

impl Bind {
    /// A listener that is there already, such as one that was handed down by a supervisor.
    pub const fn listener(listener: TcpListener) -> Self {
        Self(Place::Listener(listener))
    }

    /// A listener that does not block, at the first address that is free.
    fn open(self, options: &TcpOptions, backlog: u32) -> io::Result<TcpListener> {
        match self.0 {
            Place::Listener(listener) => {
                listener.set_nonblocking(true)?;
                Ok(listener)
            }
            Place::Addresses(addresses) => {
                let mut listener = Err(no_address());
                for address in addresses? {
                    listener = options.listen(address, backlog).map_err(at(address));
                    if listener.is_ok() {
                        break;
                    }
                }
                listener
            }
        }
    }
}

/// A kind of place at which a server can listen.
pub(crate) trait Listen<R: Runtime>: Send + 'static {
    type Address: Clone + Send + 'static;
    type Listener: Send + Sync + 'static;

    /// Listens, with room for so many connections that were not accepted yet.
    fn listen(
        self,
        options: &TcpOptions,
        backlog: u32,
    ) -> io::Result<(Self::Address, Self::Listener)>;

    /// Waits for the next connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Stream<R>>> + Send;
}

impl<R: Runtime> Listen<R> for Bind {
    type Address = SocketAddr;
    type Listener = R::TcpListener;

    fn listen(
        self,
        options: &TcpOptions,
        backlog: u32,
    ) -> io::Result<(SocketAddr, R::TcpListener)> {
        let listener = self.open(options, backlog)?;
        Ok((listener.local_addr()?, R::listen_tcp(listener)?))
    }

    async fn accept(listener: &R::TcpListener) -> io::Result<Stream<R>> {
        let (stream, _) = R::accept_tcp(listener).await?;
        Ok(Stream::tcp(stream))
    }
}
