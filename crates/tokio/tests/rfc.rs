//! The rules of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) about streams, tested with a peer that has only a TCP stream.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{future::Future, io};

use sockeye_errors::{CloseCause, Error, HandshakeError, State};
use sockeye_tokio::{WebSocket, connect, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: ";

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Listens on a port of the loopback interface. Returns its URI as well.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("ws://{}", listener.local_addr().unwrap());
    (listener, uri)
}

/// Reads a head and the bytes that arrive with it.
async fn read_head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return (String::from_utf8(bytes).unwrap(), rest);
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
}

fn key(head: &str) -> &str {
    let line = head.lines().find(|line| line.starts_with("Sec-WebSocket-Key: ")).unwrap();
    line.split_once(": ").unwrap().1
}

/// Opens a connection. Returns it with the TCP stream of its peer.
async fn opened() -> (WebSocket, TcpStream) {
    let (listener, uri) = listen().await;
    let client = tokio::spawn(async move { connect(uri).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let (head, _) = read_head(&mut stream).await;
    let accept = sockeye_handshake::accept_for(key(&head));
    stream.write_all(format!("{ANSWER}{accept}\r\n\r\n").as_bytes()).await.unwrap();
    (client.await.unwrap().unwrap(), stream)
}

#[test]
fn a_connection_that_cannot_be_made_fails() {
    run(async {
        let (listener, uri) = listen().await;
        drop(listener);
        let error = connect(uri).await.unwrap_err();
        assert!(matches!(&error, Error::Io(e) if e.kind() == io::ErrorKind::ConnectionRefused));
        assert!(error.is_retryable());
    });
}

#[test]
fn every_connection_has_a_key_of_its_own() {
    run(async {
        let (listener, uri) = listen().await;
        let mut keys = Vec::new();
        for _ in 0..8 {
            let client = tokio::spawn(connect(&uri).into_future());
            let (mut stream, _) = listener.accept().await.unwrap();
            keys.push(key(&read_head(&mut stream).await.0).to_owned());
            drop(stream);
            let error = client.await.unwrap().unwrap_err();
            assert!(matches!(error, Error::Handshake(HandshakeError::InvalidMessage(_))));
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
    });
}

#[test]
fn a_client_sends_nothing_behind_its_request_before_the_answer() {
    run(async {
        let (listener, uri) = listen().await;
        let client = tokio::spawn(async move {
            let mut ws = connect(uri).await?;
            ws.send("too early").await
        });
        let (mut stream, _) = listener.accept().await.unwrap();
        let (_, mut rest) = read_head(&mut stream).await;
        // The peer rejects the handshake, and has received all bytes of the client then.
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        let error = client.await.unwrap().unwrap_err();
        assert_eq!(error.status_code().map(|status| status.as_u16()), Some(403));
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
    });
}

#[test]
fn an_answer_with_the_wrong_accept_fails() {
    run(async {
        let (listener, uri) = listen().await;
        let client = tokio::spawn(async move { connect(uri).await });
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        let answer = format!("{ANSWER}s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let error = client.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Handshake(HandshakeError::InvalidHeader(_))));
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the client has gone");
    });
}

#[test]
fn every_frame_of_a_client_has_an_unpredictable_key() {
    run(async {
        let (mut ws, mut stream) = opened().await;
        let mut keys = Vec::new();
        for _ in 0..200 {
            ws.send("x").await.unwrap();
            let mut frame = [0; 7];
            stream.read_exact(&mut frame).await.unwrap();
            assert_eq!(frame[..2], [0x81, 0x81]);
            assert_eq!(frame[6] ^ frame[2], b'x');
            keys.push(frame[2..6].to_vec());
        }
        let mut steps: Vec<[u8; 4]> = keys
            .windows(2)
            .map(|pair| std::array::from_fn(|at| pair[0][at].wrapping_sub(pair[1][at])))
            .collect();
        keys.sort();
        keys.dedup();
        steps.sort_unstable();
        steps.dedup();
        // Two of 200 random keys are equal in one of 200 000 runs, three almost never.
        assert!(keys.len() >= 198 && steps.len() >= 197);
    });
}

#[test]
fn a_client_fails_when_the_transport_is_lost() {
    run(async {
        let (mut ws, stream) = opened().await;
        drop(stream);
        let Error::ConnectionClosed(closed) = ws.recv().await.unwrap_err() else { panic!() };
        assert!(matches!(closed.cause, Some(CloseCause::Io(_))));
        assert_eq!((closed.code(), ws.state()), (None, State::Closed));
    });
}

#[test]
fn a_violation_ends_the_transport_after_a_close_frame() {
    run(async {
        let (mut ws, mut stream) = opened().await;
        stream.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'x']).await.unwrap();
        let client = tokio::spawn(async move { ws.recv().await });
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest[0], 0x88);
        assert_eq!([rest[6] ^ rest[2], rest[7] ^ rest[3]], 1002_u16.to_be_bytes());
        drop(stream);
        assert!(client.await.unwrap().is_err());
    });
}

#[test]
fn a_server_ends_the_transport_after_a_refusal() {
    run(async {
        let handler = |ws: WebSocket| async move {
            drop(ws);
            Ok(())
        };
        let server = serve("127.0.0.1:0", handler).await.unwrap();
        for (from, to, status) in [
            ("GET", "PUT", "405"),
            ("Host: localhost\r\n", "", "400"),
            ("Version: 13", "Version: 8", "426"),
            ("Upgrade: websocket\r\n", "", "426"),
            ("\r\n\r\n", "\r\nOrigin: http://evil.example.com\r\n\r\n", "403"),
        ] {
            let request = str::from_utf8(REQUEST).unwrap().replacen(from, to, 1);
            let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
        server.close().await;
    });
}

#[test]
fn a_server_ends_the_transport_first() {
    run(async {
        let handler = |mut ws: WebSocket| async move {
            assert!(ws.next().await?.is_none());
            Ok(())
        };
        let server = serve("127.0.0.1:0", handler).await.unwrap();
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        let (head, _) = read_head(&mut stream).await;
        assert!(
            head.starts_with("HTTP/1.1 101 ") && head.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, [0x88, 2, 0x03, 0xe8]);
        drop(stream);
        server.close().await;
    });
}
