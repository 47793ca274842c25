//! Unix sockets: the way to a server, or to its clients, on the same machine.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt},
        net::{SocketAddr, UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::{Runtime, Stream, TcpOptions, bind::Listen, dial::at};

/// Connects to the socket at a path; waits while the server has more connections to accept than it has room for.
pub(crate) async fn connect<R: Runtime>(path: &Path) -> io::Result<Stream<R>> {
    loop {
        match try_connect(path) {
            Ok(stream) => return Ok(Stream::unix(R::adopt_unix(stream)?)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                R::sleep_until(R::now() + PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Connects at once, or not at all.
fn try_connect(path: &Path) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket.into())
}

/// The path of a Unix socket on which a server listens, or a listener that is there.
///
/// The file is removed when the server no longer listens. One that a server left behind that was killed is replaced: it is
/// a socket, and refuses connections. Where a server still answers, or where there is any other file, listening fails,
/// and nothing is touched.
///
/// Who may connect is a matter of the file's permissions, which the `umask` of the process decides, and of those of its
/// folder.
#[derive(Debug)]
pub struct BindUnix(Place);

#[derive(Debug)]
enum Place {
    Path(PathBuf),
    Listener(UnixListener),
}

impl<P: AsRef<Path>> From<P> for BindUnix {
    fn from(path: P) -> Self {
        Self(Place::Path(path.as_ref().to_owned()))
    }
}

impl BindUnix {
    /// A listener that is there already, such as one that was handed down by a supervisor. Its file is left alone.
    pub const fn listener(listener: UnixListener) -> Self {
        Self(Place::Listener(listener))
    }
}

/// A Unix socket that is listened on.
#[derive(Debug)]
pub(crate) struct Listening<R: Runtime> {
    // In this order: whoever finds the file is going to be accepted, or else finds none.
    _file: Option<SocketFile>,
    listener: R::UnixListener,
}

impl<R: Runtime> Listen<R> for BindUnix {
    type Address = SocketAddr;
    type Listener = Listening<R>;

    fn listen(self, _: &TcpOptions, backlog: u32) -> io::Result<(SocketAddr, Listening<R>)> {
        let (listener, file) = match self.0 {
            Place::Listener(listener) => {
                listener.set_nonblocking(true)?;
                (listener, None)
            }
            Place::Path(path) => {
                let listener = listen(&path, backlog).map_err(at(path.display()))?;
                (listener, Some(SocketFile::at(path)?))
            }
        };
        let address = listener.local_addr()?;
        Ok((address, Listening { _file: file, listener: R::listen_unix(listener)? }))
    }

    async fn accept(listening: &Listening<R>) -> io::Result<Stream<R>> {
        Ok(Stream::unix(R::accept_unix(&listening.listener).await?))
    }
}

fn listen(path: &Path, backlog: u32) -> io::Result<UnixListener> {
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
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// Whether there is a socket that nobody listens on.
fn is_stale(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
        && try_connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a socket, which goes away with it.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn at(path: PathBuf) -> io::Result<Self> {
        // The application may change its working directory.
        let path = std::path::absolute(path)?;
        let identity = identity(&path)?;
        Ok(Self { path, identity })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another server may have taken the place.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// How long a client waits for a server that has no room for it.
const PAUSE: Duration = Duration::from_millis(5);
