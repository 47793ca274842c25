//! A port of the loopback interface for a program that cannot let the system choose one.

use std::io;
use std::net::{IpAddr, TcpListener, TcpStream};

/// Returns a port that no program listens on and that the system assigns to no other program for a minute (on Linux).
///
/// A connection has ended on the port, and this side closed it first: so the port waits for stray segments (RFC 9293,
/// section 3.6.1). A server that binds it by number with `SO_REUSEADDR` gets it.
pub(crate) fn reserved_port(ip: impl Into<IpAddr>) -> io::Result<u16> {
    let listener = TcpListener::bind((ip.into(), 0))?;
    let address = listener.local_addr()?;
    let mut client = TcpStream::connect(address)?;
    drop(listener.accept()?);
    // The peer has closed: this side is the second to close.
    io::copy(&mut client, &mut io::sink())?;
    Ok(address.port())
}
