//! Options of TCP connections.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive};

use crate::{socket, with_address};

/// The options of the TCP connections that a client opens or a server accepts.
///
/// Set the fields or chain the methods of the same names. An option that is `None` is left to the operating system.
///
/// # Examples
///
/// ```
/// use std::{net::Ipv4Addr, time::Duration};
/// use sockeye::connection::TcpOptions;
///
/// let options = TcpOptions::default()
///     .nodelay(true)
///     .keepalive(Duration::from_secs(60))
///     .send_buffer_size(256 << 10)
///     .receive_buffer_size(256 << 10)
///     .local_address((Ipv4Addr::LOCALHOST, 0));
/// assert_eq!(options.interface, None);
/// ```
///
/// Its place in a client:
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use sockeye::connection::TcpOptions;
///
/// let options = TcpOptions::default().interface("eth0");
/// let ws = sockeye::connect("ws://localhost:8765").tcp_options(options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TcpOptions {
    /// Whether small writes are sent at once (`TCP_NODELAY`). The default is `true`: Sockeye coalesces frames itself.
    pub nodelay: bool,
    /// The idle time before the operating system probes the peer (`SO_KEEPALIVE`). The default is `None`, no probes, because
    /// keepalive pings serve the same purpose.
    pub keepalive: Option<Duration>,
    /// The size of the operating system's send buffer in bytes (`SO_SNDBUF`).
    pub send_buffer_size: Option<usize>,
    /// The size of the operating system's receive buffer in bytes (`SO_RCVBUF`).
    pub receive_buffer_size: Option<usize>,
    /// The address that a client connects from. Port 0 is any port. A server ignores it.
    ///
    /// A client connects only to addresses of the same family.
    pub local_address: Option<SocketAddr>,
    /// The network interface that a client connects through or a server listens on, such as `eth0` (`SO_BINDTODEVICE`).
    ///
    /// Supported by Linux and Android. On other platforms, connecting and listening fail with
    /// [`Unsupported`](io::ErrorKind::Unsupported).
    pub interface: Option<String>,
}

impl TcpOptions {
    /// Sets whether small writes are sent at once (`TCP_NODELAY`). The default is `true`.
    #[must_use]
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// Sets the idle time before the operating system probes the peer (`SO_KEEPALIVE`). By default it sends no probes.
    #[must_use]
    pub fn keepalive(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.keepalive = time.into();
        self
    }

    /// Sets the size of the operating system's send buffer in bytes.
    #[must_use]
    pub fn send_buffer_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.send_buffer_size = size.into();
        self
    }

    /// Sets the size of the operating system's receive buffer in bytes.
    #[must_use]
    pub fn receive_buffer_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.receive_buffer_size = size.into();
        self
    }

    /// Sets the address that a client connects from. Port 0 is any port.
    #[must_use]
    pub fn local_address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.local_address = Some(address.into());
        self
    }

    /// Sets the network interface, such as `eth0`.
    #[must_use]
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.interface = Some(name.into());
        self
    }

    /// Applies the options to a connection.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn apply<'s, S>(&self, socket: &'s S) -> io::Result<()>
    where
        SockRef<'s>: From<&'s S>,
    {
        let socket = SockRef::from(socket);
        socket.set_tcp_nodelay(self.nodelay)?;
        if let Some(time) = self.keepalive {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(time))?;
        }
        self.apply_buffers(&socket)
    }

    /// Starts to connect to an address, without blocking. The socket becomes writable when the connection is open or has
    /// failed, and `take_error` returns the error.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = self.socket(address)?;
        self.apply(&socket)?;
        if let Some(local) = self.local_address {
            // A fixed port may still be in use by the previous connection (TIME_WAIT), and the parallel attempts of Happy
            // Eyeballs share it. On Windows the option would allow another process to take over the port.
            if cfg!(unix) && local.port() > 0 {
                socket.set_reuse_address(true)?;
            }
            socket.bind(&local.into()).map_err(with_address(local))?;
        }
        match socket.connect(&address.into()) {
            Err(error) if !is_in_progress(&error) => Err(error),
            _ => Ok(socket.into()),
        }
    }

    /// Opens a listener on an address, with a backlog of this many connections. It is in non-blocking mode. If `is_only` is
    /// false, `[::]` leaves the IPv4 addresses to another listener.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub fn listen(
        &self,
        address: SocketAddr,
        backlog: u32,
        is_only: bool,
    ) -> io::Result<TcpListener> {
        let socket = self.socket(address)?;
        if address.is_ipv6() && !is_only {
            socket.set_only_v6(true)?;
        }
        // Accepted sockets inherit the sizes. Setting them later does not change the TCP window scale.
        self.apply_buffers(&SockRef::from(&socket))?;
        // A server that restarts needs its address, which may be in TIME_WAIT. On Windows the option would allow another
        // process to take over the port.
        if cfg!(unix) {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        Ok(socket.into())
    }

    /// Returns whether `address` is of the same family as the local address.
    pub fn reaches(&self, address: &SocketAddr) -> bool {
        self.local_address.is_none_or(|local| local.is_ipv4() == address.is_ipv4())
    }

    fn socket(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = socket::nonblocking(Domain::for_address(address), Some(Protocol::TCP))?;
        if let Some(interface) = &self.interface {
            bind_to_interface(&socket, interface).map_err(with_address(interface))?;
        }
        Ok(socket)
    }

    fn apply_buffers(&self, socket: &SockRef<'_>) -> io::Result<()> {
        if let Some(size) = self.send_buffer_size {
            socket.set_send_buffer_size(size)?;
        }
        if let Some(size) = self.receive_buffer_size {
            socket.set_recv_buffer_size(size)?;
        }
        Ok(())
    }
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            keepalive: None,
            send_buffer_size: None,
            receive_buffer_size: None,
            local_address: None,
            interface: None,
        }
    }
}

/// Returns whether the connection attempt continues in the background.
fn is_in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::EINPROGRESS)
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn bind_to_interface(socket: &Socket, interface: &str) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn bind_to_interface(_: &Socket, _: &str) -> io::Result<()> {
    let text = "this platform cannot bind a socket to an interface; a local address may do";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}
