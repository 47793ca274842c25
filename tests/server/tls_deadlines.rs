//! TLS on a simulated clock that moves only while all tasks wait, so that spurious wakeups are noticed.

use std::{
    future::poll_fn,
    io::{self, Read},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_io::AsyncRead;
use sockeye::{
    Error, HandlerError,
    connection::{Sockets, TcpOptions, WebSocket},
    error::Operation,
    rustls::{ClientConfig, ClientConnection},
    server::Server,
};
use sockeye_tests::{Elapsed, Pipe, Sim, run, run_shuffled, sleep, test_ca::Authority};

const SECOND: Duration = Duration::from_secs(1);

type Ws = WebSocket<<Sim as Sockets>::Stream, Sim>;

async fn echo(mut ws: Ws) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

async fn server(authority: &Authority) -> Server {
    let serve = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).tls(authority.server());
    serve.open_timeout(3 * SECOND).await.expect("it listens")
}

/// A bare stream to the server.
async fn bare(server: &Server) -> Pipe {
    let options = TcpOptions::default();
    Sim::connect_tcp(server.local_addr(), &options).await.expect("it listens")
}

fn session(config: &Arc<ClientConfig>) -> ClientConnection {
    let name = "localhost".try_into().expect("a name");
    ClientConnection::new(Arc::clone(config), name).expect("it makes sense")
}

/// Reads until the other end has closed.
async fn drain(mut pipe: Pipe) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = poll_fn(|cx| Pin::new(&mut pipe).poll_read(cx, &mut buffer)).await {}
}

#[test]
fn a_server_gives_up_on_half_a_hello_and_on_tls_without_a_request() {
    let authority = Authority::new();
    let config = authority.client();
    let mut hello = Vec::new();
    session(&config).write_tls(&mut hello).expect("there is room");
    for cut in [0, 1, 5, 6, hello.len() / 2, hello.len() - 1, hello.len()] {
        run(async {
            let server = server(&authority).await;
            let clock = Elapsed::start();
            let pipe = bare(&server).await;
            pipe.written().put(&hello[..cut]);
            drain(pipe).await;
            assert_eq!(clock.get(), 3 * SECOND, "after {cut} bytes");
        });
    }
    run(async {
        let server = server(&authority).await;
        let clock = Elapsed::start();
        let pipe = bare(&server).await;
        let mut session = session(&config);
        while session.is_handshaking() || session.wants_write() {
            let mut bytes = Vec::new();
            while session.wants_write() {
                session.write_tls(&mut bytes).expect("there is room");
            }
            pipe.written().put(&bytes);
            sleep(Duration::from_millis(1)).await;
            let answer = pipe.read().take();
            let mut answer = answer.as_slice();
            while !answer.is_empty() {
                session.read_tls(&mut answer as &mut dyn Read).expect("there is room");
                session.process_new_packets().expect("the server speaks TLS");
            }
        }
        drain(pipe).await;
        assert_eq!(clock.get(), 3 * SECOND);
    });
}

#[test]
fn a_client_gives_up_on_a_server_that_says_nothing() {
    run(async {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = socket.local_addr().expect("it has an address");
        let _listener = Sim::listen_tcp(socket).expect("a listener");
        let clock = Elapsed::start();
        let connect = sockeye::client::connect::<Sim, _>(format!("wss://{address}/")).no_proxy();
        let error = connect.tls(Authority::new().client()).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Tls);
        assert_eq!(clock.get(), 10 * SECOND);
    });
}

#[test]
fn tls_carries_messages_whoever_runs_first() {
    let authority = Authority::new();
    for seed in 0..50 {
        run_shuffled(seed, async {
            let server = server(&authority).await;
            let uri = format!("wss://{}/", server.local_addr());
            let connect =
                sockeye::client::connect::<Sim, _>(uri).no_proxy().tls(authority.client());
            let mut ws = connect.await.expect("the certificate is right");
            for length in [0, 1, 70_000] {
                ws.send(vec![b'x'; length]).await.expect("it is open");
                assert_eq!(ws.recv().await.expect("it is open").len(), length);
            }
            ws.close().await.expect("the closing is clean");
            server.close().await;
        });
    }
}

#[test]
fn a_stream_that_ends_between_messages_is_lost_without_close_notify() {
    let authority = Authority::new();
    run(async {
        let server = server(&authority).await;
        let uri = format!("wss://{}/", server.local_addr());
        let connect = sockeye::client::connect::<Sim, _>(uri).no_proxy().tls(authority.client());
        let (taps, tap) = std::sync::mpsc::channel();
        let address = server.local_addr();
        let connect = connect.connector(move |_, _| {
            let taps = taps.clone();
            async move {
                let pipe = Sim::connect_tcp(address, &TcpOptions::default()).await?;
                taps.send(pipe.read()).map_err(io::Error::other)?;
                Ok(pipe)
            }
        });
        let mut ws = connect.await.expect("the certificate is right");
        ws.send("hello").await.expect("it is open");
        ws.recv().await.expect("it is open");
        tap.recv().expect("there is a stream").end();
        let error = ws.next().await.expect_err("nobody took leave");
        assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
        assert!(error.is_retryable(), "{error:?}");
    });
}
