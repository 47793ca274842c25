//! The Unix socket that a server listens on.

use std::{
    fs, io,
    net::IpAddr,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{SocketAddr, UnixListener},
    },
    path::{Path, PathBuf},
};

use socket2::{Domain, SockAddr, Socket, Type};
use sockeye_net::{Sockets, Stream, TcpOptions, unix::try_connect, with_address};

use crate::bind::Bindable;

/// The Unix socket that a server listens on: a path or an existing listener.
///
/// The server removes the file when it stops listening. It replaces a socket file that a killed server left behind, which is
/// recognized by the fact that it refuses connections. If a server still answers, or if there is another kind of file,
/// listening fails and the file stays.
///
/// The permissions of the file and those of its directory decide which processes can connect. [`mode`](Self::mode) sets the
/// former, which the `umask` of the process determines otherwise.
///
/// # Examples
///
/// ```no_run
/// # use sockeye::{HandlerError, WebSocket};
/// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
/// # async fn example() -> Result<(), sockeye::Error> {
/// let server = sockeye::serve_unix("/run/chat.sock", handle).await?;
/// let ws = sockeye::connect("ws://localhost/").unix("/run/chat.sock").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BindUnix {
    target: BindTarget,
    mode: Option<u32>,
}

#[derive(Debug)]
enum BindTarget {
    Path(PathBuf),
    Listener(UnixListener),
}

impl<P: AsRef<Path>> From<P> for BindUnix {
    fn from(path: P) -> Self {
        Self { target: BindTarget::Path(path.as_ref().to_owned()), mode: None }
    }
}

impl BindUnix {
    /// Uses an existing listener, such as one that a supervisor passed to the process. The server does not remove its file.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::os::unix::net::UnixListener;
    /// use sockeye::server::BindUnix;
    ///
    /// let listener = UnixListener::bind("/run/chat.sock")?;
    /// let server = sockeye::serve_unix(BindUnix::listener(listener), handle).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn listener(listener: UnixListener) -> Self {
        Self { target: BindTarget::Listener(listener), mode: None }
    }

    /// Sets the permissions of the file, such as `0o660`. They are in place before the server accepts the first connection.
    ///
    /// They do not apply to an existing listener.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::server::BindUnix;
    ///
    /// let bind = BindUnix::from("/run/chat.sock").mode(0o660);
    /// let server = sockeye::serve_unix(bind, handle).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }
}

/// An open Unix listener.
#[derive(Debug)]
pub(crate) struct UnixListening<R: Sockets> {
    // Dropped before the listener: a client that finds the file is accepted.
    _file: Option<SocketFile>,
    listener: R::UnixListener,
}

impl<R: Sockets> Bindable<R> for BindUnix {
    type Address = SocketAddr;
    type Listener = UnixListening<R>;

    fn listen(self, _: &TcpOptions, backlog: u32) -> io::Result<(SocketAddr, UnixListening<R>)> {
        let (listener, file) = match self.target {
            BindTarget::Listener(listener) => {
                listener.set_nonblocking(true)?;
                (listener, None)
            }
            BindTarget::Path(path) => {
                let listener =
                    listen(&path, self.mode, backlog).map_err(with_address(path.display()))?;
                (listener, Some(SocketFile::at(path)?))
            }
        };
        let address = listener.local_addr()?;
        Ok((address, UnixListening { _file: file, listener: R::listen_unix(listener)? }))
    }

    async fn accept(listening: &UnixListening<R>) -> io::Result<(Stream<R>, Option<IpAddr>)> {
        Ok((Stream::unix(R::accept_unix(&listening.listener).await?), None))
    }
}

fn listen(path: &Path, mode: Option<u32>, backlog: u32) -> io::Result<UnixListener> {
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    if let Err(error) = socket.bind(&address) {
        if error.kind() != io::ErrorKind::AddrInUse || !is_stale(path) {
            return Err(error);
        }
        fs::remove_file(path)?;
        socket.bind(&address)?;
    }
    // A socket that does not listen yet refuses every connection.
    if let Some(mode) = mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// Returns whether `path` is a socket without a listener.
fn is_stale(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
        && try_connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a socket. Dropping this removes it.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn at(path: PathBuf) -> io::Result<Self> {
        // The application may change its working directory later.
        let path = std::path::absolute(path)?;
        let identity = identity(&path)?;
        Ok(Self { path, identity })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another server may have replaced the file.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}
