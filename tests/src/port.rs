//! Ports for those who cannot let the system choose one.

use std::{
    io,
    net::{IpAddr, TcpListener, TcpStream},
};

/// A port of `ip` where nobody listens, and that the system gives to nobody for a minute (on Linux; elsewhere for another time);
/// who asks for it by its number and with `SO_REUSEADDR`, as servers do, gets it.
///
/// A port that is only freed again may be somebody else's before it is used. On this one a connection has just ended
/// that it was the first to close, so it waits for stray segments there (RFC 9293, section 3.6.1).
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
