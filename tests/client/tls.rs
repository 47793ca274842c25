//! TLS: [RFC 6455 §10.6](https://www.rfc-editor.org/rfc/rfc6455#section-10.6).

use std::{
    error::Error as StdError,
    io::{self, Write},
    iter,
    sync::Arc,
    time::Duration,
};

use sockeye::{
    CloseCode, Error,
    connection::Sockets,
    error::{HandshakeError, Operation, SecurityError},
    rustls::{self, ServerConfig, ServerConnection, StreamOwned},
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    proxies::{connect_proxy, https_proxy, socks_proxy},
    test_ca::{Authority, bad_certificates},
    test_servers::{answering, counting, listen, read_head},
};

#[derive(Clone)]
struct Echo(Arc<Authority>);

impl Scenario for Echo {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let server = echo::<R>().tls(authority.server()).await.expect("it listens");
        for host in ["localhost", "127.0.0.1"] {
            let uri = format!("wss://{host}:{}/", server.local_addr().port());
            let ws = sockeye::client::connect::<R, _>(uri).tls(authority.client()).await;
            let ws = ws.expect("the certificate is right");
            assert_eq!(ws.peer_addr(), Some(server.local_addr()));
            converse(ws).await;
        }
        server.close().await;
    }
}

#[test]
fn a_secure_echo_on_all_runtimes() {
    everywhere(Echo(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct BadCertificates;

impl Scenario for BadCertificates {
    async fn run<R: Sockets>(self) {
        for (problem, host, client, server) in bad_certificates() {
            let (bad, (port, counts)) = (Arc::clone(&server), counting(server));
            let (proxy, _) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
            let (socks, _) = socks_proxy(0);
            // After a redirect, the first server is trusted, and the last one is not.
            let (first, _) = answering(format!(
                "HTTP/1.1 302 Found\r\nLocation: wss://{host}:{port}/\r\nContent-Length: 0\r\n\r\n"
            ));
            let connect = |port| {
                let uri = format!("wss://{host}:{port}/");
                sockeye::client::connect::<R, _>(uri).tls(Arc::clone(&client))
            };
            let redirected = sockeye::client::connect::<R, _>(format!("ws://localhost:{first}/"));
            let ways = [
                ("direct", connect(port)),
                ("by CONNECT", connect(port).proxy(format!("http://127.0.0.1:{proxy}"))),
                ("by SOCKS", connect(port).proxy(format!("socks5h://127.0.0.1:{socks}"))),
                ("after a redirect", redirected.tls(Arc::clone(&client))),
            ];
            let good = Authority::new();
            let (secure_proxy, asked) = https_proxy(good.server());
            let (bad_proxy, bad_counts) = counting(bad);
            let behind = connect(port).proxy(format!("https://localhost:{secure_proxy}"));
            let behind = behind.proxy_tls(good.client());
            // The certificate of the proxy has to name the proxy, not the target.
            let to_it =
                sockeye::client::connect::<R, _>("wss://chat.example/").tls(Arc::clone(&client));
            let to_it = to_it.proxy(format!("https://{host}:{bad_proxy}"));
            let ways = ways.map(|(way, connect)| (way, connect, &counts)).into_iter().chain([
                ("behind a proxy inside TLS", behind, &counts),
                ("of a proxy", to_it.proxy_tls(Arc::clone(&client)), &bad_counts),
            ]);
            for (way, connect, counts) in ways {
                let error = connect.await.map(drop).expect_err(problem);
                let Error::Handshake(HandshakeError::Security(error)) = error else {
                    panic!("{problem}, {way}: {error:?}");
                };
                let SecurityError::Certificate(cause) = error else {
                    panic!("{problem}, {way}: {error:?}");
                };
                assert!(cause.is::<rustls::Error>(), "{problem}, {way}: {cause}");
                let error = Error::from(HandshakeError::from(SecurityError::Certificate(cause)));
                assert!(!error.is_retryable(), "{problem}, {way}");
                let cause = error.source().and_then(|cause| cause.downcast_ref::<rustls::Error>());
                assert!(cause.is_some(), "{problem}, {way}: {:?}", error.source());
                assert_eq!(counts.recv(), Ok(0), "bytes before the refusal: {problem}, {way}");
            }
            // The good proxy was asked for a tunnel, and told nothing of what was to go through it.
            let head = asked.recv().expect("the proxy was asked");
            assert!(head.starts_with("CONNECT "), "{head}");
        }
    }
}

#[test]
fn eight_bad_certificates_are_refused_before_a_byte_of_http() {
    everywhere(BadCertificates);
}

#[derive(Clone)]
struct Timeouts;

impl Scenario for Timeouts {
    async fn run<R: Sockets>(self) {
        let (port, _) = answering("");
        let connect = sockeye::client::connect::<R, _>(format!("wss://127.0.0.1:{port}/"));
        let connect = connect.tls(Authority::new().client());
        let error = connect.open_timeout(Duration::from_millis(50)).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Tls);
    }
}

#[test]
fn a_silent_server_does_not_hold_the_handshake_for_ever() {
    everywhere(Timeouts);
}

#[derive(Clone)]
struct PlainToSecure(Arc<Authority>);

impl Scenario for PlainToSecure {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().tls(self.0.server()).await.expect("it listens");
        let error = sockeye::client::connect::<R, _>(uri("ws", &server)).await.map(drop);
        assert!(
            matches!(
                &error,
                Err(Error::Handshake(HandshakeError::InvalidMessage(_)) | Error::Io(_))
            ),
            "{error:?}"
        );
        // The server is still there.
        let ws = sockeye::client::connect::<R, _>(uri("wss", &server)).tls(self.0.client()).await;
        converse(ws.expect("the server lives")).await;
    }
}

#[test]
fn a_plain_request_to_a_secure_server_fails_and_harms_nobody() {
    everywhere(PlainToSecure(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct SecureToPlain;

impl Scenario for SecureToPlain {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let connect = sockeye::client::connect::<R, _>(uri("wss", &server));
        let error = connect.tls(Authority::new().client()).await.map(drop);
        let Err(error @ Error::Io(_)) = error else { panic!("{error:?}") };
        assert!(!error.is_retryable(), "{error:?}");
        assert_eq!(error.to_string(), "the peer does not seem to speak TLS");
        let mut causes = iter::successors(error.source(), |&cause| cause.source());
        assert!(causes.any(<dyn StdError>::is::<rustls::Error>), "{error:?}");
    }
}

#[test]
fn a_plain_answer_to_a_secure_client_is_no_reason_to_try_again() {
    everywhere(SecureToPlain);
}

#[derive(Clone)]
struct Truncation(Arc<Authority>);

impl Scenario for Truncation {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let port = truncating(authority.server());
        let connect = sockeye::client::connect::<R, _>(format!("wss://localhost:{port}/"));
        let mut ws = connect.tls(authority.client()).await.expect("the handshake is right");
        let error = ws.recv().await.expect_err("the end of the stream");
        let Error::ConnectionClosed(closed) = &error else { panic!("{error:?}") };
        assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL));
        assert_eq!(closed.rcvd, None);
        assert!(!closed.is_ok());
    }
}

#[test]
fn an_end_without_close_notify_and_close_frame_is_abnormal() {
    everywhere(Truncation(Arc::new(Authority::new())));
}

/// Opens a connection, and drops it without a word.
fn truncating(config: Arc<ServerConfig>) -> u16 {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    listen(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(session, stream);
        let request = read_head(&mut tls)?;
        assert_eq!(tls.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let answer = sockeye_answer(&request);
        tls.write_all(answer.as_bytes())
    })
}

/// The answer that accepts a request.
pub(crate) fn sockeye_answer(request: &str) -> String {
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .expect("a request has a key");
    let accept = sockeye_handshake::accept_for(key);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

#[derive(Clone)]
struct NoRoots;

impl Scenario for NoRoots {
    async fn run<R: Sockets>(self) {
        let (port, counts) = counting(Authority::new().server());
        let error =
            sockeye::client::connect::<R, _>(format!("wss://localhost:{port}/")).await.map(drop);
        let Err(Error::Handshake(HandshakeError::Security(SecurityError::Certificate(_)))) = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(counts.recv(), Ok(0));
    }
}

#[test]
fn the_roots_of_the_platform_do_not_know_our_authority() {
    everywhere(NoRoots);
}
