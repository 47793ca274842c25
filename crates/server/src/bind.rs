//! The address that a server listens on.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

use sockeye_net::{Sockets, Stream, TcpOptions, no_address, with_address};

/// The address that a server listens on: the first free one of several addresses, or an existing listener.
///
/// Every type that implements [`ToSocketAddrs`] converts to it: a string such as `"127.0.0.1:8765"`, a pair of a host and a
/// port, a [`SocketAddr`], or a slice of addresses. Port 0 lets the operating system select a port, which
/// [`Server::local_addr`](crate::Server::local_addr) returns. An invalid address is reported when the builder is awaited.
///
/// # Examples
///
/// ```
/// use std::net::Ipv4Addr;
/// use sockeye::server::Bind;
///
/// let local: Bind = "127.0.0.1:8765".into();
/// let any: Bind = (Ipv4Addr::UNSPECIFIED, 8765).into();
/// ```
#[derive(Debug)]
pub struct Bind(BindTarget);

#[derive(Debug)]
enum BindTarget {
    Addresses(io::Result<Vec<SocketAddr>>),
    Listener(TcpListener),
}

impl<A: ToSocketAddrs> From<A> for Bind {
    fn from(addresses: A) -> Self {
        let addresses = addresses.to_socket_addrs().map(Iterator::collect);
        Self(BindTarget::Addresses(addresses.map_err(|error| with_hint(&error))))
    }
}

/// Adds a hint to the error for an invalid address. Most often the port is missing, or there is a scheme, which the resolver
/// takes for a part of the host name.
fn with_hint(error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::InvalidInput => "a host and a port are needed, such as 127.0.0.1:8765",
        _ => "an address is HOST:PORT, without a scheme",
    };
    io::Error::new(error.kind(), format!("{error}: {hint}"))
}

impl Bind {
    /// Uses an existing listener, such as one that a supervisor passed to the process.
    ///
    /// # Examples
    ///
    /// ```
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// use std::net::TcpListener;
    /// use sockeye::server::Bind;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let server = sockeye::serve(Bind::listener(listener), handle).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn listener(listener: TcpListener) -> Self {
        Self(BindTarget::Listener(listener))
    }

    /// Opens a listener in non-blocking mode, on the first free address.
    fn open(self, options: &TcpOptions, backlog: u32) -> io::Result<TcpListener> {
        match self.0 {
            BindTarget::Listener(listener) => {
                listener.set_nonblocking(true)?;
                Ok(listener)
            }
            BindTarget::Addresses(addresses) => {
                let mut listener = Err(no_address());
                for address in addresses? {
                    listener = options.listen(address, backlog).map_err(with_address(address));
                    if listener.is_ok() {
                        break;
                    }
                }
                listener
            }
        }
    }
}

/// A kind of address that a server can listen on.
pub(crate) trait Bindable<R: Sockets>: Send + 'static {
    type Address: Clone + Send + 'static;
    type Listener: Send + Sync + 'static;

    /// Opens a listener with this backlog.
    fn listen(
        self,
        options: &TcpOptions,
        backlog: u32,
    ) -> io::Result<(Self::Address, Self::Listener)>;

    /// Accepts the next connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Stream<R>>> + Send;
}

impl<R: Sockets> Bindable<R> for Bind {
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
