//! Many clients that connect and do not complete their handshake, over a network in memory.

use std::time::Duration;

use sockeye::{
    Server,
    connection::{Sockets, TcpOptions},
    server::Serve,
};
use sockeye_tests::{Pipe, Sim, run, yield_now};

use crate::{Ws, connect, echo};

/// A server on which a handshake never times out.
async fn patient(options: impl FnOnce(Serve<Sim>) -> Serve<Sim>) -> Server {
    let serve = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).open_timeout(None);
    options(serve).await.expect("a free port")
}

async fn open_stream(server: &Server) -> Pipe {
    let options = TcpOptions::default();
    Sim::connect_tcp(server.local_addr(), &options).await.expect("the server listens")
}

async fn assert_alive(mut ws: Ws) {
    ws.send("hello").await.expect("open");
    assert_eq!(ws.recv().await.expect("open").as_text(), Some("hello"));
}

#[test]
fn a_handshake_completes_beside_ten_thousand_silent_sockets() {
    run(async {
        let server = patient(|serve| serve).await;
        let mut silent = Vec::new();
        for n in 0..10_000 {
            let stream = open_stream(&server).await;
            if n % 2 == 1 {
                stream.written().put(b"GET / HTTP/1.1\r\nHost: localh");
            }
            silent.push(stream);
        }
        assert_alive(connect(&server).await).await;
        assert!(silent[0].read().is_ended(), "the oldest handshake has ended");
        assert!(!silent[9_999].read().is_ended(), "the latest handshake goes on");
        let left = silent.iter().filter(|stream| !stream.read().is_ended()).count();
        assert_eq!(left, 1023, "one address has 1024 handshakes, and the last one has succeeded");
        server.close().await;
    });
}

#[test]
fn the_limits_for_handshakes_are_options() {
    run(async {
        let server = patient(|serve| serve.max_handshakes(3)).await;
        let mut silent = Vec::new();
        for _ in 0..5 {
            silent.push(open_stream(&server).await);
        }
        assert_alive(connect(&server).await).await;
        let ended: Vec<_> = silent.iter().map(|stream| stream.read().is_ended()).collect();
        assert_eq!(ended, [true, true, true, false, false]);
        server.close().await;

        let server = patient(|serve| serve.max_handshakes(9).max_handshakes_per_address(1)).await;
        let first = open_stream(&server).await;
        let _second = open_stream(&server).await;
        for _ in 0..3 {
            yield_now().await;
        }
        assert!(first.read().is_ended());
        server.close().await;
    });
}

#[test]
fn open_connections_do_not_count_as_handshakes() {
    run(async {
        let server = patient(|serve| serve.max_handshakes(1)).await;
        let mut open = Vec::new();
        for _ in 0..10 {
            open.push(connect(&server).await);
        }
        let _silent = open_stream(&server).await;
        for ws in open {
            assert_alive(ws).await;
        }
        sockeye_tests::sleep(Duration::from_secs(1)).await;
        server.close().await;
    });
}
