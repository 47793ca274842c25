//! A non-blocking connection of the load generator, with or without TLS.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ClientConnection;

/// A non-blocking transport.
#[derive(Debug)]
pub enum Wire {
    Plain(TcpStream),
    Tls(TcpStream, Box<ClientConnection>),
}

impl Wire {
    /// Creates a plain connection.
    pub fn plain(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self::Plain(TcpStream::from_std(stream)))
    }

    /// Creates a TLS connection whose handshake is complete.
    pub fn tls(stream: std::net::TcpStream, mut tls: ClientConnection) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        tls.set_buffer_limit(Some(BUFFER));
        Ok(Self::Tls(TcpStream::from_std(stream), Box::new(tls)))
    }

    /// Registers the connection for edge-triggered readiness events with `token`.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let (Self::Plain(stream) | Self::Tls(stream, _)) = self;
        registry.register(stream, token, interest)
    }

    /// Reads the bytes that have arrived. Zero is the end of the stream.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream, tls) => loop {
                match tls.reader().read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return read,
                }
                if tls.read_tls(stream)? == 0 {
                    return Ok(0);
                }
                tls.process_new_packets().map_err(io::Error::other)?;
            },
        }
    }

    /// Returns whether more bytes may be readable after a read of `size` bytes into a buffer of `room` bytes.
    ///
    /// Readiness is edge-triggered: data that arrives after a short read of a plain stream is a new edge.
    pub fn may_hold_more(&self, size: usize, room: usize) -> bool {
        match self {
            Self::Plain(_) => size == room,
            Self::Tls(..) => true,
        }
    }

    /// Writes as many bytes as the transport accepts.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(_, tls) => {
                let written = tls.writer().write(bytes)?;
                let is_flushed = self.flush()?;
                if written == 0 && !is_flushed {
                    Err(ErrorKind::WouldBlock.into())
                } else {
                    Ok(written)
                }
            }
        }
    }

    /// Writes buffered bytes. Returns whether none are left.
    pub fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(stream, tls) => {
                while tls.wants_write() {
                    match tls.write_tls(stream) {
                        Ok(_) => {}
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                        Err(error) => return Err(error),
                    }
                }
                Ok(true)
            }
        }
    }
}

const BUFFER: usize = 256 * 1024;
