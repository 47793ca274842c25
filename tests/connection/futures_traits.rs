//! The traits of the futures crates.

use std::io;

use futures_util::{
    AsyncReadExt as _, AsyncWriteExt as _, SinkExt as _, StreamExt as _, TryStreamExt as _,
    io::{Cursor, copy},
};
use sockeye::{Error, Message, MessageKind};
use sockeye_tests::{Fault, Faults, both, run, spawn};

use crate::pairs::{Ws, pair};

/// Messages as texts, until the end.
async fn texts(ws: &mut Ws) -> Vec<String> {
    let texts = ws.map_ok(|message| message.as_text().map(str::to_owned).expect("a text"));
    texts.try_collect().await.expect("a normal end")
}

#[test]
fn a_connection_is_a_stream_and_a_sink() {
    run(async {
        let (mut client, mut server) = pair(16).await;
        let server = spawn(async move { texts(&mut server).await });
        let mut messages = futures_util::stream::iter(["a", "b", "c"].map(Ok::<_, Error>));
        client.send_all(&mut messages).await.expect("sent");
        futures_util::SinkExt::<&str>::close(&mut client).await.expect("closed");
        assert_eq!(server.await, ["a", "b", "c"]);
        assert!(client.outcome().is_ok());
    });
}

#[test]
fn an_echo_is_a_stream_forwarded_to_its_sink() {
    run(async {
        let (mut client, server) = pair(16).await;
        let server = spawn(async move {
            let (sink, stream) = futures_util::StreamExt::split(server);
            stream.forward(sink).await
        });
        for text in ["one", "two"] {
            client.send(text).await.expect("open");
            assert_eq!(client.recv().await.expect("open").as_text(), Some(text));
        }
        let (closed, forwarded) = both(client.close(), server).await;
        closed.expect("closed");
        forwarded.expect("a normal end");
    });
}

#[test]
fn a_stream_ends_behind_its_error() {
    run(async {
        let (mut client, server) = pair(16).await;
        drop(server);
        let reset = Fault::Error(io::ErrorKind::ConnectionReset);
        client.get_mut().set(Faults { read: Some((0, reset)), ..Faults::default() });
        let items: Vec<_> = client.by_ref().take(3).collect().await;
        assert_eq!(items.len(), 1, "a loop over it would never end: {items:?}");
        assert!(items[0].is_err());
        let (_sender, receiver) = client.split();
        assert!(receiver.take(3).collect::<Vec<_>>().await.len() <= 1);
    });
}

#[test]
fn a_stream_that_ended_normally_stays_ended() {
    run(async {
        let (mut client, mut server) = pair(16).await;
        let server = spawn(async move { server.close().await });
        for _ in 0..3 {
            assert!(futures_util::StreamExt::next(&mut client).await.is_none());
        }
        server.await.expect("closed");
    });
}

#[test]
fn a_message_in_parts_is_copied_from_reader_to_writer() {
    for capacity in [1, 100, 64 << 10] {
        run(async move {
            let (mut client, mut server) = pair(capacity).await;
            let bytes: Vec<u8> =
                (0..50_000_u32).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect();
            let source = bytes.clone();
            let server = spawn(async move {
                let mut reader = server.recv_stream().await.expect("open");
                assert_eq!(reader.kind(), MessageKind::Binary);
                let mut sink = Cursor::new(Vec::new());
                copy(&mut reader, &mut sink).await.expect("copied");
                drop(reader);
                (sink.into_inner(), server)
            });
            let mut writer = client.send_stream(MessageKind::Binary).await.expect("open");
            assert_eq!(copy(Cursor::new(source), &mut writer).await.expect("copied"), 50_000);
            writer.close().await.expect("ended");
            drop(writer);
            let (received, mut server) = server.await;
            assert!(received == bytes, "the bytes are others");
            let (sent, received) = both(client.send("next"), server.recv()).await;
            sent.expect("open");
            assert_eq!(received.expect("open").as_text(), Some("next"));
        });
    }
}

#[test]
fn an_empty_message_in_parts_is_a_message() {
    run(async {
        let (mut client, mut server) = pair(64).await;
        let mut writer = client.send_stream(MessageKind::Text).await.expect("open");
        writer.close().await.expect("ended");
        writer.write_all(b"x").await.expect_err("it has ended");
        drop(writer);
        assert_eq!(server.recv().await.expect("open"), Message::from(""));
        let send = client.send("");
        let read = async {
            let mut bytes = Vec::new();
            let mut reader = server.recv_stream().await.expect("open");
            reader.read_to_end(&mut bytes).await.expect("read");
            bytes
        };
        let (sent, bytes) = both(send, read).await;
        sent.expect("open");
        assert!(bytes.is_empty());
    });
}

#[test]
fn many_empty_parts_make_no_flood_of_empty_frames() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let send = async {
            let mut writer = client.send_stream(MessageKind::Text).await.expect("open");
            for _ in 0..500 {
                writer.write("").await.expect("open");
            }
            writer.finish_with("end").await.expect("open");
        };
        let ((), received) = both(send, server.recv()).await;
        assert_eq!(received.expect("open").as_text(), Some("end"));
    });
}
