//! Sockets in non-blocking mode.

use std::io;

use socket2::{Domain, Protocol, Socket, Type};

/// Opens a stream socket in non-blocking mode. One system call does the work of three.
#[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux"))]
pub(crate) fn nonblocking(domain: Domain, protocol: Option<Protocol>) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM.nonblocking(), protocol)
}

/// Opens a stream socket in non-blocking mode.
#[cfg(not(any(target_os = "android", target_os = "freebsd", target_os = "linux")))]
pub(crate) fn nonblocking(domain: Domain, protocol: Option<Protocol>) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM, protocol)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
