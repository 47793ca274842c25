//! Connecting to Unix sockets.

use std::{io, os::unix::net::UnixStream, path::Path, time::Duration};

use socket2::{Domain, SockAddr};

use crate::{Sockets, Stream, socket};

/// Connects to the Unix socket at `path`. Waits while the backlog of the server is full.
///
/// # Errors
///
/// Returns the error of the operating system.
pub async fn connect<R: Sockets>(path: &Path) -> io::Result<Stream<R>> {
    loop {
        match try_connect(path) {
            Ok(stream) => return Ok(Stream::unix(R::unix_from_std(stream)?)),
            // The operating system reports a full backlog, but no event when there is room again.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                R::sleep_until(R::now() + RETRY_AFTER).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Connects to the Unix socket at `path` without waiting.
///
/// # Errors
///
/// Returns the error of the operating system; [`WouldBlock`](io::ErrorKind::WouldBlock) if the backlog is full.
pub fn try_connect(path: &Path) -> io::Result<UnixStream> {
    let socket = socket::nonblocking(Domain::UNIX, None)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket.into())
}

/// The delay before the next attempt where the backlog is full.
const RETRY_AFTER: Duration = Duration::from_millis(5);
