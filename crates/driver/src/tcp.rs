//! Options of TCP connections.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};

/// Options of the TCP connections that the library makes or accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TcpOptions {
    /// Whether small writes leave at once (`TCP_NODELAY`); on by default.
    pub nodelay: bool,
    /// How long a connection is silent before the operating system asks whether the peer is still there
    /// (`SO_KEEPALIVE`); not at all by default, as WebSocket has pings of its own.
    pub keepalive: Option<Duration>,
    /// Bytes that the operating system buffers before they are sent (`SO_SNDBUF`); by default it decides.
    pub send_buffer_size: Option<usize>,
    /// Bytes that the operating system buffers before they are read (`SO_RCVBUF`); by default it decides.
    pub receive_buffer_size: Option<usize>,
}

impl TcpOptions {
    /// Sets the options of a socket.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn apply<'s, S>(&self, socket: &'s S) -> io::Result<()>
    where
        SockRef<'s>: From<&'s S>,
    {
        let socket = SockRef::from(socket);
        socket.set_tcp_nodelay(self.nodelay)?;
        if let Some(time) = self.keepalive {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(time))?;
        }
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
        Self { nodelay: true, keepalive: None, send_buffer_size: None, receive_buffer_size: None }
    }
}
