//! Connections over streams that another HTTP implementation has upgraded, on each runtime.

mod commands;
mod established;
mod hyper;
mod leftover;
mod requests;
mod responses;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use http::{
    HeaderName, HeaderValue, Version,
    request::{Builder, Parts},
};
use sockeye::{
    DeflateConfig, Request, Response,
    async_std::AsyncStd,
    connection::{Established, Io, Runtime, Upgrade, WebSocket},
    protocol::Role,
    server::ServerOptions,
    smol::Smol,
    tokio::Tokio,
};
use sockeye_tests::{all_runtimes::block_on, both, pipe};

/// A test with the two ends of a stream in memory, of the type that the runtime uses.
trait Scenario {
    fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) -> impl Future<Output = ()>;
}

/// Runs a scenario on tokio, over `tokio::io::duplex`, and on async-std and smol, over a stream of futures-io.
fn on_each_runtime(scenario: &impl Scenario) {
    block_on(async {
        let (near, far) = tokio::io::duplex(CAPACITY);
        scenario.run::<_, Tokio>(near, far).await;
    });
    let (near, far) = pipe(CAPACITY);
    async_std::task::block_on(scenario.run::<_, AsyncStd>(near, far));
    let (near, far) = pipe(CAPACITY);
    smol::block_on(scenario.run::<_, Smol>(near, far));
}

const CAPACITY: usize = 64 << 10;

/// A request that asks for a WebSocket connection with the Upgrade of HTTP/1.1.
fn upgrade_request() -> Builder {
    http::Request::get("/chat?room=1")
        .header("Host", "localhost")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
}

/// A request that asks for a WebSocket connection with the extended CONNECT of HTTP/2.
fn connect_request() -> Builder {
    http::Request::connect("https://localhost/chat?room=1")
        .version(Version::HTTP_2)
        .header("Sec-WebSocket-Version", "13")
}

/// Offers compression.
fn with_offer(request: Builder) -> Builder {
    request.header("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
}

fn parts(request: Builder) -> Parts {
    request.body(()).expect("a valid request").into_parts().0
}

fn accepted(parts: &Parts) -> Upgrade {
    Upgrade::from_request(parts, &ServerOptions::default()).expect("a valid request")
}

/// The client of an upgrade, which has received the response.
fn client<S: Unpin, R: Runtime + Io<S>>(stream: S, upgrade: &Upgrade) -> WebSocket<S, R> {
    let (response, ()) = upgrade.response().into_parts();
    let established =
        Established::new(Role::Client, upgrade.request().clone(), Response::from(&response));
    let established = established.compression(DeflateConfig::default());
    WebSocket::from_upgraded(stream, established.expect("a valid response"), Vec::new())
}

/// Exchanges messages, and closes.
async fn converse<S: Unpin, R: Runtime + Io<S>>(
    mut client: WebSocket<S, R>,
    mut server: WebSocket<S, R>,
) {
    for text in ["Hello".to_owned(), "long ".repeat(1000)] {
        client.send(&*text).await.expect("open");
        let message = server.recv().await.expect("open");
        assert_eq!(message.as_text(), Some(&*text));
        server.send(message).await.expect("open");
        assert_eq!(client.recv().await.expect("open").as_text(), Some(&*text));
    }
    let (closed, end) = both(client.close(), server.next()).await;
    closed.expect("a regular end");
    assert!(end.expect("a regular end").is_none());
}

/// Reads bytes that wait in a stream, at most `len`.
async fn read_waiting<S: Unpin, R: Runtime + Io<S>>(stream: &mut S, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut filled = 0;
    poll_fn(|cx| {
        while filled < len {
            match R::poll_read(Pin::new(&mut *stream), cx, &mut bytes[filled..]) {
                Poll::Ready(read) => filled += read.expect("the stream is intact"),
                Poll::Pending => break,
            }
        }
        Poll::Ready(())
    })
    .await;
    bytes.truncate(filled);
    bytes
}

/// A request without one of its headers.
fn without(mut parts: Parts, name: &'static str) -> Parts {
    parts.headers.remove(name).expect("it is there");
    parts
}

/// A request with another value of a header.
fn with(mut parts: Parts, name: &'static str, value: &'static str) -> Parts {
    let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
    parts.headers.insert(name, value);
    parts
}

fn request(parts: &Parts) -> Request {
    Request::from(parts)
}
