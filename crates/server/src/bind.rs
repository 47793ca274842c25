//! The address that a server listens on.

use std::{
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs},
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};

use sockeye_net::{Sockets, Stream, TcpOptions, no_address, with_address};

/// The addresses that a server listens on, or an existing listener.
///
/// Every type that implements [`ToSocketAddrs`] converts to it: a string such as `"127.0.0.1:8765"`, a pair of a host and a
/// port, a [`SocketAddr`], or a slice of addresses. The server listens on every address of a host, such as `127.0.0.1` and `::1`
/// for `localhost`, except for those that the machine does not have.
///
/// Port 0 lets the operating system select a port, which is the same on all addresses, and which
/// [`Server::local_addr`](crate::Server::local_addr) returns with the first address. An invalid address is reported when the
/// builder is awaited.
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

    /// Opens the listeners in non-blocking mode.
    fn open(self, options: &TcpOptions, backlog: u32) -> io::Result<Vec<TcpListener>> {
        match self.0 {
            BindTarget::Listener(listener) => {
                listener.set_nonblocking(true)?;
                Ok(vec![listener])
            }
            BindTarget::Addresses(addresses) => listen_on_all(&addresses?, options, backlog),
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

    /// Accepts the next connection. Returns the stream, and the address of the peer if it has one.
    fn accept(
        listener: &Self::Listener,
    ) -> impl Future<Output = io::Result<(Stream<R>, Option<IpAddr>)>> + Send;
}

/// The open listeners of a server.
#[derive(Debug)]
pub(crate) struct TcpListening<L> {
    listeners: Vec<L>,
    /// The listener that is polled first.
    next: AtomicUsize,
}

impl<R: Sockets> Bindable<R> for Bind {
    type Address = SocketAddr;
    type Listener = TcpListening<R::TcpListener>;

    fn listen(
        self,
        options: &TcpOptions,
        backlog: u32,
    ) -> io::Result<(SocketAddr, Self::Listener)> {
        let listeners = self.open(options, backlog)?;
        let address = listeners.first().ok_or_else(no_address)?.local_addr()?;
        let listeners = listeners.into_iter().map(R::listen_tcp).collect::<io::Result<_>>()?;
        Ok((address, TcpListening { listeners, next: AtomicUsize::new(0) }))
    }

    async fn accept(listening: &Self::Listener) -> io::Result<(Stream<R>, Option<IpAddr>)> {
        let (stream, peer) = match &*listening.listeners {
            [listener] => R::accept_tcp(listener).await?,
            listeners => accept_from_any::<R>(listeners, &listening.next).await?,
        };
        Ok((Stream::tcp(stream), Some(peer.ip())))
    }
}

/// Accepts the next connection of several listeners, which take turns.
async fn accept_from_any<R: Sockets>(
    listeners: &[R::TcpListener],
    next: &AtomicUsize,
) -> io::Result<(R::Tcp, SocketAddr)> {
    let first = next.load(Ordering::Relaxed);
    let in_turn = (first..first + listeners.len()).map(|index| index % listeners.len());
    let mut accepting: Vec<_> =
        in_turn.map(|index| (index, Box::pin(R::accept_tcp(&listeners[index])))).collect();
    poll_fn(|cx| {
        for (index, accept) in &mut accepting {
            if let Poll::Ready(accepted) = accept.as_mut().poll(cx) {
                next.store((*index + 1) % listeners.len(), Ordering::Relaxed);
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Opens a listener on each address that this host has. All addresses with port 0 share one port.
fn listen_on_all(
    addresses: &[SocketAddr],
    options: &TcpOptions,
    backlog: u32,
) -> io::Result<Vec<TcpListener>> {
    let mut attempt = 1;
    loop {
        match try_listen_on_all(addresses, options, backlog) {
            // The port that the operating system selected for one address may be taken on another.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && addresses.len() > 1
                    && addresses.iter().any(|address| address.port() == 0)
                    && attempt < MAX_ATTEMPTS =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn try_listen_on_all(
    addresses: &[SocketAddr],
    options: &TcpOptions,
    backlog: u32,
) -> io::Result<Vec<TcpListener>> {
    let is_only = addresses.len() == 1;
    let mut shared_port = 0;
    let mut listeners = Vec::new();
    let mut missing = no_address();
    for (index, mut address) in addresses.iter().copied().enumerate() {
        // A resolver may return an address more than once.
        if addresses[..index].contains(&address) {
            continue;
        }
        let is_any_port = address.port() == 0;
        if is_any_port {
            address.set_port(shared_port);
        }
        match options.listen(address, backlog, is_only) {
            Ok(listener) => {
                if is_any_port {
                    shared_port = listener.local_addr()?.port();
                }
                listeners.push(listener);
            }
            Err(error) => {
                let is_missing = is_not_of_this_host(&error);
                let error = with_address(address)(error);
                if !is_missing {
                    return Err(error);
                }
                missing = error;
            }
        }
    }
    if listeners.is_empty() { Err(missing) } else { Ok(listeners) }
}

/// Returns whether this host does not have an address, such as `::1` where IPv6 is disabled.
fn is_not_of_this_host(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(ADDRESS_FAMILY_NOT_SUPPORTED)
}

/// `EAFNOSUPPORT`, for which `io::ErrorKind` has no name.
const ADDRESS_FAMILY_NOT_SUPPORTED: i32 = if cfg!(windows) {
    10047
} else if cfg!(target_os = "linux") {
    97
} else {
    47
};

const MAX_ATTEMPTS: usize = 16;
