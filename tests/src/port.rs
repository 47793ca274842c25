//! Ports for programs that cannot let the system choose one.

use std::{
    io,
    net::{IpAddr, TcpListener, TcpStream},
};

/// Returns a port of `ip` on which no program listens and which the system assigns to no other program for a minute (on
/// Linux; elsewhere for another time). A server that binds it by number with `SO_REUSEADDR` gets it.
///
/// A port that was only closed may be assigned to another program before it is used. On this one a connection has ended
/// which this side closed first, so the port waits for stray segments (RFC 9293, section 3.6.1).
///
/// # Errors
///
/// If the address cannot be listened on.
pub fn reserved_port(ip: impl Into<IpAddr>) -> io::Result<u16> {
    let listener = TcpListener::bind((ip.into(), 0))?;
    let address = listener.local_addr()?;
    let mut client = TcpStream::connect(address)?;
    drop(listener.accept()?);
    // Once it has told its end, ours is the second.
    io::copy(&mut client, &mut io::sink())?;
    Ok(address.port())
}
