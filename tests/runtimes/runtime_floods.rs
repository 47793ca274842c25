//! One connection whose peer sends as fast as it can, beside one that echoes a message now and then, on real sockets.
//!
//! The delay of an echo is measured in turns of the flooded task and not in seconds, so that the speed of the machine does not
//! matter. A task that wakes itself, instead of letting the reactor run, has sixty turns before tokio looks at other sockets.

use std::{
    future::poll_fn,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use sockeye::{
    Config, DeflateConfig, Error,
    async_std::AsyncStd,
    connection::{Sockets, WebSocket},
    smol::Smol,
    tokio::Tokio,
};
use sockeye_deflate::Compressor;
use sockeye_tests::{all_runtimes::block_on, masked};

/// The number of echoes.
const ECHOES: u64 = 50;

/// The turns of the flooded task for each echo, on average.
const TURNS: u64 = 20;

/// A flood from a thread of its own.
struct Flood {
    stream: TcpStream,
    ended: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

impl Flood {
    fn start(server: SocketAddr, pattern: &[u8]) -> Self {
        let mut stream = TcpStream::connect(server).expect("the server listens");
        let request = "GET /flooded HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
            Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("the server reads");
        let ended = Arc::new(AtomicBool::new(false));
        let frames = pattern.repeat((256 << 10) / pattern.len() + 1);
        let (mut writing, is_ended) = (stream.try_clone().expect("cloned"), Arc::clone(&ended));
        let writer = thread::spawn(move || {
            while !is_ended.load(Ordering::Relaxed) && writing.write_all(&frames).is_ok() {}
        });
        let mut reading = stream.try_clone().expect("cloned");
        let reader = thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while reading.read(&mut buffer).is_ok_and(|len| len > 0) {}
        });
        Self { stream, ended, threads: [writer, reader] }
    }

    fn end(self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        for thread in self.threads {
            thread.join().expect("it does not panic");
        }
    }
}

fn patterns() -> [(&'static str, Vec<u8>); 5] {
    let settings = DeflateConfig::default();
    let offer = [Vec::<(&str, Option<&str>)>::new()];
    let (_, _, agreement) = settings.answer_first(&offer).expect("an acceptable offer");
    let compress = |len: usize| {
        let mut compressed = Vec::new();
        Compressor::new(&settings, agreement.ours).compress(&vec![0; len], true, &mut compressed);
        compressed
    };
    let fragments =
        [masked(0x02, b"x"), masked(0x00, b"x").repeat(10_000), masked(0x80, b"x")].concat();
    [
        ("empty pings", masked(0x89, b"")),
        ("pongs", masked(0x8a, b"pong")),
        ("fragments of a byte", fragments),
        ("compressed messages without content", masked(0xc1, &compress(0))),
        ("compressed messages of a MiB", masked(0xc2, &compress(1 << 20))),
    ]
}

async fn echoes_beside_floods<R: Sockets>() {
    for (name, pattern) in patterns() {
        beside_a_flood::<R>(name, &pattern).await.expect("the echo client is served");
    }
}

async fn beside_a_flood<R: Sockets>(name: &str, pattern: &[u8]) -> Result<(), Error> {
    let turns = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&turns);
    let handler = move |mut ws: WebSocket<R::Stream, R>| {
        let counter = Arc::clone(&counter);
        async move {
            let is_flooded = ws.request().path() == "/flooded";
            let mut echo = pin!(async move {
                while let Some(message) = ws.next().await? {
                    if !is_flooded {
                        ws.send(message).await?;
                    }
                }
                Ok(())
            });
            poll_fn(|cx| {
                counter.fetch_add(u64::from(is_flooded), Ordering::Relaxed);
                echo.as_mut().poll(cx)
            })
            .await
        }
    };
    let server = sockeye::server::serve::<R, _, _>("127.0.0.1:0", handler)
        .compression(DeflateConfig::default())
        .config(Config::default())
        .await?;
    let address = server.local_addr();
    let mut ws =
        sockeye::client::connect::<R, _>(format!("ws://{address}/echo")).no_proxy().await?;
    let flood = Flood::start(address, pattern);
    while turns.load(Ordering::Relaxed) < 100 {
        ws.send("warm").await?;
        ws.recv().await?;
    }
    let before = turns.load(Ordering::Relaxed);
    for _ in 0..ECHOES {
        ws.send("there?").await?;
        assert_eq!(ws.recv().await?.as_text(), Some("there?"));
    }
    let passed = turns.load(Ordering::Relaxed) - before;
    assert!(passed <= ECHOES * TURNS, "{name}: {passed} turns for {ECHOES} echoes");
    ws.close().await?;
    flood.end();
    server.close().await;
    Ok(())
}

#[test]
fn floods_do_not_delay_an_echo_on_tokio() {
    block_on(echoes_beside_floods::<Tokio>());
}

#[test]
fn floods_do_not_delay_an_echo_on_async_std() {
    async_std::task::block_on(echoes_beside_floods::<AsyncStd>());
}

#[test]
fn floods_do_not_delay_an_echo_on_smol() {
    smol::block_on(echoes_beside_floods::<Smol>());
}
