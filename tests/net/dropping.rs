//! Attempts to connect that are given up, at whatever point, leave no connection behind.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sockeye::driver::{self, Runtime};
use sockeye_tests::at_most_polls;

use crate::{
    authority::Authority,
    everywhere::{SOON, Scenario, echo, everywhere},
    origin::{join, listen},
    proxies::{connect_proxy, socks_proxy},
};

/// Carries bytes to `port`, and counts the connections that are open.
fn counted(port: u16) -> (u16, Arc<AtomicUsize>) {
    let open = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&open);
    let port = listen(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        let joined = TcpStream::connect(("127.0.0.1", port)).and_then(|far| join(stream, far));
        count.fetch_sub(1, Ordering::SeqCst);
        joined.or(Ok(()))
    });
    (port, open)
}

#[derive(Clone)]
struct Dropped;

impl Scenario for Dropped {
    async fn run<R: Runtime>(self) {
        let authority = Authority::new();
        let server = echo::<R>().tls(authority.server()).await.expect("it listens");
        let target = format!("wss://127.0.0.1:{}/", server.local_addr().port());
        let (http, _) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
        let (socks, _) = socks_proxy(0);
        for (scheme, proxy) in [("http", http), ("socks5h", socks)] {
            let (port, open) = counted(proxy);
            let mut polls = 0;
            loop {
                polls += 1;
                let connect = driver::connect::<R, _>(&*target).tls(authority.client());
                let connect = connect.proxy(format!("{scheme}://127.0.0.1:{port}"));
                let ended = at_most_polls(polls, connect.into_future()).await;
                let is_open = ended.is_some();
                drop(ended.transpose().expect("everybody is there"));
                let dropped = Instant::now();
                while open.load(Ordering::SeqCst) > 0 {
                    assert!(dropped.elapsed() < SOON, "left open after {polls} polls");
                    // The server runs on this very thread.
                    R::sleep_until(R::now() + Duration::from_millis(1)).await;
                }
                if is_open {
                    break;
                }
            }
            assert!(polls > 2, "{scheme}: {polls}");
        }
    }
}

#[test]
fn an_attempt_that_is_dropped_at_any_poll_leaves_no_connection() {
    everywhere(Dropped);
}
