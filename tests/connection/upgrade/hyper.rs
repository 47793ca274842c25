//! Connections that hyper has upgraded, with the bytes that it has read ahead.

use std::{convert::Infallible, net::SocketAddr};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::Parts};
use hyper_util::rt::TokioIo;
use sockeye::{
    DeflateConfig, Error, WebSocket,
    connection::Upgrade,
    error::HandshakeError,
    server::{Rejection, ServerOptions},
};
use sockeye_tests::{all_runtimes::block_on, frame, masked};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Starts an echo server for one connection.
async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let service = service_fn(async |request| Ok::<_, Infallible>(respond(request)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        connection.with_upgrades().await.expect("a valid connection");
    });
    address
}

fn respond(mut request: Request<Incoming>) -> Response<String> {
    let stream = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let upgrade = match Upgrade::from_request(&parts, &ServerOptions::default()) {
        Ok(upgrade) => upgrade.compression(DeflateConfig::default()),
        Err(error) => {
            let response = Response::from(Rejection::from(&error));
            return response.map(|body| String::from_utf8(body).expect("a text"));
        }
    };
    let response = upgrade.response();
    tokio::spawn(async move {
        let stream = stream.await.expect("the response is written");
        let stream = stream.downcast::<TokioIo<TcpStream>>().expect("the type of the stream");
        let Parts { io, read_buf, .. } = stream;
        let mut ws: WebSocket<TcpStream> = upgrade.open(io.into_inner(), read_buf);
        while let Some(message) = ws.next().await.expect("a regular end") {
            ws.send(message).await.expect("open");
        }
    });
    response.map(|()| String::new())
}

#[test]
fn a_client_talks_to_a_server_beside_hyper() {
    for is_compressed in [false, true] {
        block_on(async {
            let connect = sockeye::connect(format!("ws://{}/chat", serve().await));
            let mut ws = if is_compressed {
                connect.compression(DeflateConfig::default()).await
            } else {
                connect.await
            }
            .expect("a valid response");
            assert_eq!(ws.is_compressed(), is_compressed);
            for text in ["Hello".to_owned(), "long ".repeat(50_000)] {
                ws.send(&*text).await.expect("open");
                assert_eq!(ws.recv().await.expect("open").as_text(), Some(&*text));
            }
            ws.close().await.expect("a regular end");
            assert_eq!(ws.outcome().rcvd_then_sent, Some(false));
        });
    }
}

#[test]
fn frames_that_arrive_together_with_the_request_are_not_lost() {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n";
    let frames = [masked(0x81, b"first"), masked(0x82, &[7; 300])].concat();
    for early in [0, 1, 8, 11, 12, 40, frames.len()] {
        block_on(async {
            let mut stream = TcpStream::connect(serve().await).await.expect("a connection");
            let (early, late) = frames.split_at(early);
            stream.write_all(&[REQUEST, early].concat()).await.expect("open");
            let mut received = Vec::new();
            while !received.ends_with(b"\r\n\r\n") {
                received.push(stream.read_u8().await.expect("open"));
            }
            assert!(received.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
            stream.write_all(late).await.expect("open");
            let expected = [frame(0x81, b"first"), frame(0x82, &[7; 300])].concat();
            let mut received = vec![0; expected.len()];
            stream.read_exact(&mut received).await.expect("open");
            assert_eq!(received, expected);
            stream.write_all(&masked(0x88, &[0x03, 0xe8])).await.expect("open");
            let mut received = Vec::new();
            stream.read_to_end(&mut received).await.expect("a regular end");
            assert_eq!(received, frame(0x88, &[0x03, 0xe8]));
        });
    }
}

#[test]
fn a_rejection_becomes_a_response_of_hyper() {
    block_on(async {
        let connect = sockeye::connect(format!("ws://{}/chat", serve().await));
        let connect = connect.header("Origin", "https://evil.example");
        let Err(Error::Handshake(HandshakeError::InvalidStatus(error))) = connect.await else {
            panic!("a rejection");
        };
        assert_eq!(error.status_code, http::StatusCode::FORBIDDEN);
        let body = String::from_utf8_lossy(&error.body);
        assert!(body.starts_with("Failed to open a WebSocket connection: "), "{body}");
    });
}
