//! An attempt to connect that is cancelled at any poll leaves no connection open.

use std::{
    io,
    net::{Shutdown, TcpStream},
    os::unix::net::UnixListener,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use sockeye::{
    client::{Connect, Dial},
    connection::Sockets,
    tokio::Tokio,
};
use sockeye_tests::{
    all_runtimes::{SOON, Scenario, block_on, echo, everywhere},
    at_most_polls,
    proxies::{connect_proxy, https_proxy, socks_proxy},
    test_ca::Authority,
    test_servers::{answering, join, listen},
};
use tokio::runtime::Handle;

use crate::unix::Place;

/// The number of open connections of all servers and proxies that share this counter.
#[derive(Clone, Default)]
struct Open(Arc<AtomicUsize>);

impl Open {
    fn count<T>(&self, connection: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let result = connection();
        self.0.fetch_sub(1, Ordering::SeqCst);
        result
    }

    /// Carries bytes to `port`, and counts; returns the port to come to instead.
    fn before(&self, port: u16) -> u16 {
        let open = self.clone();
        listen(move |stream| {
            open.count(|| {
                let far = TcpStream::connect(("127.0.0.1", port));
                far.and_then(|far| join(stream, far)).or(Ok(()))
            })
        })
    }

    /// The same for connections to a Unix socket.
    fn before_at(&self, path: &Path, port: u16) {
        let open = self.clone();
        let listener = UnixListener::bind(path).expect("the place is free");
        thread::spawn(move || {
            for mut near in listener.incoming().flatten() {
                let open = open.clone();
                thread::spawn(move || {
                    open.count(|| {
                        let mut far = TcpStream::connect(("127.0.0.1", port))?;
                        let (mut from, mut to) = (far.try_clone()?, near.try_clone()?);
                        let back = thread::spawn(move || {
                            let _ = io::copy(&mut from, &mut to);
                            to.shutdown(Shutdown::Write)
                        });
                        let _ = io::copy(&mut near, &mut far);
                        let _ = far.shutdown(Shutdown::Write);
                        back.join().expect("nobody panicked")
                    })
                });
            }
        });
    }

    /// Waits until all are closed.
    async fn settle<R: Sockets>(&self, why: &str) {
        let begin = Instant::now();
        while self.0.load(Ordering::SeqCst) > 0 {
            assert!(begin.elapsed() < SOON, "left open: {why}");
            // The server runs on this very thread.
            R::sleep_until(R::now() + Duration::from_millis(1)).await;
        }
    }
}

/// Gives up after one poll, after two, and so on, until there is a connection.
async fn give_up<R: Sockets>(way: &str, open: &Open, connect: impl Fn() -> Connect<R, Dial>) {
    for polls in 1.. {
        let ended = at_most_polls(polls, connect().into_future()).await;
        let is_open = ended.is_some();
        drop(ended.transpose().expect("everybody is there"));
        open.settle::<R>(&format!("{way}, after {polls} polls")).await;
        if is_open {
            assert!(polls > 1, "{way}: {polls}");
            return;
        }
    }
}

#[derive(Clone)]
struct Dropped;

impl Scenario for Dropped {
    async fn run<R: Sockets>(self) {
        let (authority, open) = (Authority::new(), Open::default());
        let plain = echo::<R>().await.expect("it listens");
        let secure = echo::<R>().tls(authority.server()).await.expect("it listens");
        let connect = |scheme: &str, port: u16| {
            let uri = format!("{scheme}://127.0.0.1:{port}/");
            sockeye::client::connect::<R, _>(uri)
                .tls(authority.client())
                .proxy_tls(authority.client())
        };
        let (http, _) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
        let (https, _) = https_proxy(authority.server());
        let (socks, _) = socks_proxy(0);
        for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
            let port = server.local_addr().port();
            let direct = open.before(port);
            give_up(scheme, &open, || connect(scheme, direct).no_proxy()).await;
            for (by, proxy) in [
                ("http", http),
                ("https", https),
                ("socks4", socks),
                ("socks4a", socks),
                ("socks5", socks),
                ("socks5h", socks),
            ] {
                let proxy = format!("{by}://127.0.0.1:{}", open.before(proxy));
                let way = format!("{scheme} by {by}");
                give_up(&way, &open, || connect(scheme, port).proxy(&*proxy)).await;
            }
            let place = Place::new();
            open.before_at(place.path(), port);
            let way = format!("{scheme} by a Unix socket");
            give_up(&way, &open, || connect(scheme, port).unix(place.path())).await;
            let (first, _) = answering(format!(
                "HTTP/1.1 307 Go\r\nLocation: {scheme}://127.0.0.1:{direct}/\r\n\r\n"
            ));
            let first = open.before(first);
            let way = format!("{scheme} after a redirect");
            give_up(&way, &open, || connect("ws", first).no_proxy()).await;
        }
    }
}

#[test]
fn an_attempt_that_is_dropped_at_any_poll_leaves_no_connection() {
    everywhere(Dropped);
}

#[test]
fn an_attempt_that_is_dropped_at_any_poll_leaves_no_task() {
    block_on(async {
        Dropped.run::<Tokio>().await;
        let begin = Instant::now();
        // The servers are gone, and what they did with them.
        while Handle::current().metrics().num_alive_tasks() > 0 {
            assert!(begin.elapsed() < SOON, "a task goes on");
            tokio::task::yield_now().await;
        }
    });
}
