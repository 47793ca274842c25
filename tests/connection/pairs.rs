//! Connections in memory, on the runtime of the tests.

use sockeye::{
    Config, DeflateConfig, Error,
    client::{Connect, OverStream},
    connection::WebSocket,
    server::Accept,
};
use sockeye_tests::{Faulty, Pipe, Sim, both, pipe};

/// A connection over a stream in memory, which may be told to misbehave.
pub(crate) type Ws = WebSocket<Faulty<Pipe>, Sim>;

/// An open connection: client, then server. Each direction has room for `capacity` bytes.
pub(crate) async fn pair(capacity: usize) -> (Ws, Ws) {
    pair_with(capacity, Config::default(), Config::default()).await
}

/// The same, with limits and deadlines: the client's, then the server's.
pub(crate) async fn pair_with(capacity: usize, client: Config, server: Config) -> (Ws, Ws) {
    open_pair(capacity, |connect| connect.config(client), |accept| accept.config(server)).await
}

/// The same, with compression.
pub(crate) async fn compressed_pair(capacity: usize) -> (Ws, Ws) {
    let deflate = DeflateConfig::default();
    let pair = open_pair(
        capacity,
        |connect| connect.compression(deflate),
        |accept| accept.compression(deflate),
    );
    let (client, server) = pair.await;
    assert!(client.is_compressed() && server.is_compressed());
    (client, server)
}

type Stream = Faulty<Pipe>;

async fn open_pair(
    capacity: usize,
    client: impl FnOnce(Connect<Sim, OverStream<Stream>>) -> Connect<Sim, OverStream<Stream>>,
    server: impl FnOnce(Accept<Sim, Stream>) -> Accept<Sim, Stream>,
) -> (Ws, Ws) {
    let (near, far) = pipe(64 << 10);
    let taps = [near.written(), near.read()];
    let client = client(sockeye::client::client("ws://localhost/", Faulty::new(near)));
    let server = server(sockeye::server::accept(Faulty::new(far)));
    let accept = async { server.await?.accept().await };
    let (client, server) = both(client.into_future(), accept).await;
    for tap in taps {
        tap.set_capacity(capacity);
    }
    (open(client), open(server))
}

fn open(ws: Result<Ws, Error>) -> Ws {
    ws.expect("the opening handshake succeeds")
}

/// A config with some of its fields changed.
pub(crate) fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}
