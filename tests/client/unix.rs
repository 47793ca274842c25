//! Unix sockets.

use std::{
    fs,
    io::{self, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::join;
use socket2::{Domain, SockAddr, Socket, Type};
use sockeye::{
    Error, HandlerError,
    connection::{Sockets, WebSocket},
    error::Operation,
    server::BindUnix,
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere},
    test_ca::Authority,
    test_servers::{aside, read_head},
};

/// A place for a socket, and nothing there.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("sockeye-{}-{number}.sock", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Sends back what it receives.
pub(crate) async fn handle<R: Sockets>(
    mut ws: WebSocket<R::Stream, R>,
) -> Result<(), HandlerError> {
    assert_eq!((ws.local_addr(), ws.peer_addr()), (None, None));
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

#[derive(Clone)]
struct Echo(Arc<Authority>);

impl Scenario for Echo {
    async fn run<R: Sockets>(self) {
        let place = Place::new();
        for scheme in ["ws", "wss"] {
            let mut serve = sockeye::server::serve_unix::<R, _, _>(place.path(), handle::<R>);
            if scheme == "wss" {
                serve = serve.tls(self.0.server_with(&["chat.example"], |_| {}));
            }
            let server = serve.await.expect("it listens");
            assert_eq!(server.local_addr().as_pathname(), Some(place.path()));
            // No proxy comes between, and the name is that of the URI.
            let connect = sockeye::client::connect::<R, _>(format!("{scheme}://chat.example/"));
            let connect = connect.tls(self.0.client()).proxy("http://127.0.0.1:1");
            let ws = connect.unix(place.path()).await.expect("it is listened on");
            assert_eq!(ws.request().headers()["host"], "chat.example");
            let stream = ws.get_ref().as_ref();
            assert!(stream.as_unix().is_some() && stream.as_tcp().is_none());
            assert_eq!((ws.local_addr(), ws.peer_addr()), (None, None));
            converse(ws).await;
            server.close().await;
            // The server has taken its socket away, so that the next one finds the place free.
            assert!(!place.path().exists());
        }
    }
}

#[test]
fn ws_and_wss_through_a_unix_socket() {
    everywhere(Echo(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Mode;

impl Scenario for Mode {
    async fn run<R: Sockets>(self) {
        for mode in [0o600, 0o666] {
            let place = Place::new();
            let bind = BindUnix::from(place.path()).mode(mode);
            let serve = sockeye::server::serve_unix::<R, _, _>(bind, handle::<R>);
            let server = serve.await.expect("it listens");
            let permissions = fs::metadata(place.path()).expect("it is there").permissions();
            assert_eq!(permissions.mode() & 0o777, mode);
            server.close().await;
        }
    }
}

#[test]
fn a_unix_socket_has_the_mode_that_was_set() {
    everywhere(Mode);
}

#[derive(Clone)]
struct Reconnects;

impl Scenario for Reconnects {
    async fn run<R: Sockets>(self) {
        let place = Place::new();
        let connect = sockeye::client::connect::<R, _>("ws://localhost/").unix(place.path());
        let mut connections = connect.reconnect();
        for _ in 0..2 {
            let serve = sockeye::server::serve_unix::<R, _, _>(place.path(), handle::<R>);
            let server = serve.await.expect("it listens");
            let ws = connections.next().await.expect("it is listened on");
            converse(ws.expect("there is no end of them")).await;
            server.close().await;
        }
    }
}

#[test]
fn reconnection_comes_back_to_the_same_socket() {
    everywhere(Reconnects);
}

#[derive(Clone)]
struct Occupied;

impl Scenario for Occupied {
    async fn run<R: Sockets>(self) {
        let place = Place::new();
        let path = place.path();
        let serve = || sockeye::server::serve_unix::<R, _, _>(path, handle::<R>);
        let connect = || sockeye::client::connect::<R, _>("ws://localhost/").unix(path);
        let kind = |error: Error| match error {
            Error::Io(error) => error.kind(),
            error => panic!("{error:?}"),
        };
        // The path does not exist.
        let error = connect().await.map(drop).expect_err("there is no socket");
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
        assert!(error.is_retryable());
        assert_eq!(kind(error), io::ErrorKind::NotFound);
        // The socket was left behind.
        drop(UnixListener::bind(path).expect("the place is free"));
        let error = connect().await.map(drop).expect_err("nobody listens");
        assert_eq!(kind(error), io::ErrorKind::ConnectionRefused);
        let server = serve().await.expect("what was left behind is replaced");
        converse(connect().await.expect("it is listened on")).await;
        // A server listens on the path.
        let error = serve().await.map(drop).expect_err("the place is taken");
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
        assert_eq!(kind(error), io::ErrorKind::AddrInUse);
        converse(connect().await.expect("the first one was not disturbed")).await;
        // Another server has replaced the socket in the meantime.
        fs::remove_file(path).expect("it is there");
        let other = UnixListener::bind(path).expect("the place is free");
        server.close().await;
        assert!(path.exists());
        // The path of a listener that was passed in is not removed.
        let server = sockeye::server::serve_unix::<R, _, _>(BindUnix::listener(other), handle::<R>);
        let server = server.await.expect("it listens");
        converse(connect().await.expect("it is listened on")).await;
        server.close().await;
        assert!(path.exists());
        fs::remove_file(path).expect("it is there");
        // A file that is no socket is not replaced.
        fs::write(path, "precious").expect("the place is free");
        let error = serve().await.map(drop).expect_err("there is a file");
        assert_eq!(kind(error), io::ErrorKind::AddrInUse);
        assert_eq!(fs::read(path).expect("it is there"), b"precious");
        // A path may be too long for a socket.
        let long = sockeye::client::connect::<R, _>("ws://localhost/").unix("x".repeat(200));
        let error = long.await.map(drop).expect_err("the path is too long");
        assert!(!error.is_retryable(), "{error:?}");
    }
}

#[test]
fn only_a_socket_that_was_left_behind_is_replaced() {
    everywhere(Occupied);
}

#[derive(Clone)]
struct Crowded;

impl Scenario for Crowded {
    async fn run<R: Sockets>(self) {
        let place = Place::new();
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("there are sockets");
        let address = SockAddr::unix(place.path()).expect("the path is short");
        socket.bind(&address).and_then(|()| socket.listen(0)).expect("the place is free");
        // One more than is accepted finds room, and no other.
        let first = UnixStream::connect(place.path()).expect("there is room for one");
        let connect = || sockeye::client::connect::<R, _>("ws://localhost/").unix(place.path());
        let error = connect().open_timeout(Duration::from_millis(50)).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Connect);
        drop(first);
        let listener = UnixListener::from(socket);
        let server =
            sockeye::server::serve_unix::<R, _, _>(BindUnix::listener(listener), handle::<R>);
        let (ws, server) = join(connect().into_future(), server.into_future()).await;
        converse(ws.expect("there is room at last")).await;
        server.expect("it listens").close().await;
    }
}

#[test]
fn a_client_waits_for_room_as_long_as_it_may() {
    everywhere(Crowded);
}

#[derive(Clone)]
struct Redirected;

impl Scenario for Redirected {
    async fn run<R: Sockets>(self) {
        let tcp = echo::<R>().await.expect("it listens");
        let place = Place::new();
        let listener = UnixListener::bind(place.path()).expect("the place is free");
        let target = format!("ws://{}/", tcp.local_addr());
        let locations = ["/elsewhere".to_owned(), target];
        let asked = thread::spawn(move || {
            locations.map(|location| {
                let (mut stream, _) = listener.accept().expect("there is a client");
                let head = read_head(&mut stream).expect("there is a request");
                let answer = format!("HTTP/1.1 307 Go\r\nLocation: {location}\r\n\r\n");
                stream.write_all(answer.as_bytes()).expect("the client waits");
                head.lines().next().unwrap_or_default().to_owned()
            })
        });
        let connect = sockeye::client::connect::<R, _>("ws://localhost/here").unix(place.path());
        let ws = connect.await.expect("the last one is an echo");
        assert_eq!(ws.peer_addr(), Some(tcp.local_addr()));
        converse(ws).await;
        let asked = aside::<R, _>(move || asked.join().expect("nobody panicked")).await;
        assert_eq!(asked, ["GET /here HTTP/1.1", "GET /elsewhere HTTP/1.1"]);
    }
}

#[test]
fn a_redirect_of_the_same_origin_stays_at_the_socket_and_another_leads_away() {
    everywhere(Redirected);
}
