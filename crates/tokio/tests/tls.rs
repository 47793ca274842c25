//! TLS under a connection ([RFC 6455 §10.6](https://www.rfc-editor.org/rfc/rfc6455#section-10.6)), tested with a peer that has only a TCP stream.
#![cfg(feature = "tls")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use sockeye_errors::Error;
use sockeye_net::rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sockeye_tokio::{WebSocket, connect, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A client without root certificates.
fn client() -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Returns the configuration of a server without a certificate.
fn server() -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_cert_resolver(Arc::new(NoCertificate)))
}

#[derive(Debug)]
struct NoCertificate;

impl ResolvesServerCert for NoCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Reads the first record of a stream.
async fn read_record(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).await.unwrap();
    (head[0], body)
}

#[test]
fn a_secure_connection_begins_with_a_handshake_that_names_the_server() {
    run(async {
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let uri = format!("wss://localhost:{}/secret", listener.local_addr().unwrap().port());
        let client = tokio::spawn(connect(uri).tls(client()).into_future());
        let (mut stream, _) = listener.accept().await.unwrap();
        let (kind, hello) = read_record(&mut stream).await;
        // RFC 8446 §5.1: 22 is a handshake.
        assert_eq!(kind, 22);
        let names = |text: &[u8]| hello.windows(text.len()).any(|window| window == text);
        assert!(names(b"localhost") && names(b"http/1.1") && !names(b"secret"));
        drop(stream);
        assert!(client.await.unwrap().is_err());
    });
}

#[test]
fn a_server_that_does_not_speak_tls_is_not_spoken_to() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("wss://{}/secret", listener.local_addr().unwrap());
        let client = tokio::spawn(connect(uri).tls(client()).into_future());
        let (mut stream, _) = listener.accept().await.unwrap();
        read_record(&mut stream).await;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        assert!(matches!(client.await.unwrap(), Err(Error::Io(_))));
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(!rest.windows(6).any(|window| window == b"secret"));
    });
}

#[test]
fn a_server_with_tls_answers_nobody_without() {
    run(async {
        let handler = |ws: WebSocket| async move {
            drop(ws);
            Ok(())
        };
        let server = serve("127.0.0.1:0", handler).tls(server()).await.unwrap();
        let address = server.local_addr();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // An alert, or a reset after it, because the request was not read to its end.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:x?}");
        // A failed handshake ends the connection.
        let uri = format!("wss://{address}");
        assert!(connect(uri).tls(client()).await.is_err());
        server.close().await;
    });
}
