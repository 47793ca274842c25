//! The programs of the documentation.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, future::join};
use http::StatusCode;
use sockeye::{
    CloseCode, DeflateConfig, Error, Message, MessageKind, Text,
    connection::{Sockets, State, TcpOptions},
    error::{HandshakeError, Operation},
    server::Decision::{self, Accept},
};

use super::{
    FIVE_SECONDS, WebSocket, accept, client, connect, echo, echo_server, reconnect, serve, spawn,
    uri,
};

pub(crate) async fn a_client_says_hello<R: Sockets>() -> Result<(), Error> {
    let server = echo_server::<R>().await;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    ws.send("Hello, Server!").await?;
    let reply: Message = ws.recv().await?;
    assert_eq!(reply.as_text(), Some("Hello, Server!"));
    ws.close().await?;
    assert!(ws.outcome().is_ok());
    server.close().await;
    Ok(())
}

pub(crate) async fn everything_that_is_a_message_can_be_sent<R: Sockets>() -> Result<(), Error> {
    let server = echo_server::<R>().await;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    ws.send("text").await?;
    ws.send(String::from("text")).await?;
    ws.send(Text::from("text")).await?;
    ws.send(Message::from("text")).await?;
    ws.send(vec![1, 2]).await?;
    ws.send(&[1_u8, 2][..]).await?;
    ws.send(&[1_u8, 2]).await?;
    ws.send(Bytes::from_static(&[1, 2])).await?;
    for _ in 0..4 {
        assert_eq!(ws.recv().await?, Message::from("text"));
    }
    for _ in 0..4 {
        let message = ws.recv().await?;
        assert!(!message.is_text());
        assert_eq!((message.len(), message.into_bytes()), (2, Bytes::from_static(&[1, 2])));
    }
    ws.close_with(CloseCode::GOING_AWAY, "bye").await?;
    server.close().await;
    Ok(())
}

pub(crate) async fn a_client_has_options<R: Sockets>() -> Result<(), Error> {
    let server = serve::<R, _, _>("127.0.0.1:0", echo::<R>)
        .subprotocols(["notifications", "chat"])
        .origins(["https://myapp.com"])
        .compression(DeflateConfig::default())
        .on_request(|request| match request.header("authorization") {
            Some("Basic dXNlcjpwdw==") if request.header("x-api-key") == Some("k3y") => Accept,
            _ => Decision::reject(StatusCode::UNAUTHORIZED, ""),
        })
        .await?;
    let mut ws = connect::<R, _>(format!("ws://user:pw@{}/chat?room=1", server.local_addr()))
        .subprotocols(["chat", "notifications"])
        .header("x-api-key", "k3y")
        .origin("https://myapp.com")
        .open_timeout(FIVE_SECONDS)
        .close_timeout(Duration::from_secs(10))
        .ping_interval(Duration::from_secs(20))
        .ping_timeout(Duration::from_secs(10))
        .max_size(1024)
        .compression(DeflateConfig::default())
        .await?;
    assert_eq!(ws.subprotocol(), Some("notifications"));
    assert!(ws.is_compressed());
    let text = "a".repeat(1024);
    ws.send(&text).await?;
    assert_eq!(ws.recv().await?.as_text(), Some(&*text));
    let error = ws.send("a".repeat(1025)).await.expect_err("too big");
    assert_eq!(error.to_string(), "Payload too big: 1025 > 1024");
    ws.send("still open").await?;
    assert_eq!(ws.recv().await?.as_text(), Some("still open"));
    ws.close().await?;
    server.close().await;
    Ok(())
}

pub(crate) async fn a_client_connects_again_and_again<R: Sockets>() -> Result<(), Error> {
    let server = serve::<R, _, _>("127.0.0.1:0", |mut ws: WebSocket<R>| async move {
        ws.send("news").await?;
        Ok(()) // closes
    })
    .await?;
    let mut connections = reconnect::<R, _>(uri(&server))
        .backoff(Duration::from_millis(1), Duration::from_millis(1))
        .max_attempts(10);
    let mut received = 0;
    while let Some(mut ws) = connections.next().await? {
        while let Some(message) = ws.next().await? {
            assert_eq!(message, Message::from("news"));
            received += 1;
        }
        if received == 3 {
            break;
        }
    }
    server.close().await;
    Ok(())
}

pub(crate) async fn a_server_has_a_health_check_and_news_for_all<R: Sockets>() -> Result<(), Error>
{
    let server = serve::<R, _, _>("127.0.0.1:0", |mut ws: WebSocket<R>| async move {
        while let Some(message) = ws.next().await? {
            ws.send(message).await?;
        }
        Ok(())
    })
    .on_request(|request| {
        if request.path() == "/healthz" { Decision::reject(StatusCode::OK, "OK") } else { Accept }
    })
    .await?;
    match connect::<R, _>(format!("ws://{}/healthz", server.local_addr())).await {
        Err(Error::Handshake(HandshakeError::InvalidStatus(e))) => {
            assert_eq!((e.status_code, &*e.body), (StatusCode::OK, &b"OK"[..]));
        }
        other => panic!("{other:?}"),
    }
    let mut one = connect::<R, _>(uri(&server)).await?;
    let mut two = connect::<R, _>(uri(&server)).await?;
    // A client that has received an echo is registered with the server.
    for ws in [&mut one, &mut two] {
        ws.send("here").await?;
        ws.recv().await?;
    }
    assert_eq!(server.connections(), 2);
    assert_eq!(server.broadcast("news").await, 2);
    assert_eq!(one.recv().await?.as_text(), Some("news"));
    assert_eq!(two.recv().await?.as_text(), Some("news"));
    let (one, (two, ())) = join(one.next(), join(two.next(), server.close())).await;
    assert!(one?.is_none() && two?.is_none());
    assert_eq!(server.connections(), 0);
    Ok(())
}

pub(crate) async fn two_tasks_share_a_connection<R: Sockets>() -> Result<(), Error> {
    let server = echo_server::<R>().await;
    let ws = connect::<R, _>(uri(&server)).await?;
    let (sender, mut receiver) = ws.split();
    let receiver = spawn::<R, _>(async move {
        let mut texts = Vec::new();
        while let Some(message) = receiver.next().await.expect("a normal end") {
            texts.push(message.as_text().expect("a text").to_owned());
            if texts.len() == 4 {
                sender_closes(&texts);
                return (texts, receiver);
            }
        }
        panic!("it ends too early");
    });
    sender.send("tick").await?;
    sender.feed("a").await?;
    sender.feed("b").await?;
    sender.flush().await?;
    sender.clone().send("tock").await?;
    let (texts, mut receiver) = receiver.await;
    assert_eq!(texts, ["tick", "a", "b", "tock"]);
    sender.close().await?;
    assert!(receiver.next().await?.is_none());
    let ws = receiver.reunite(sender).expect("they belong together");
    assert_eq!(ws.state(), State::Closed);
    server.close().await;
    Ok(())
}

fn sender_closes(texts: &[String]) {
    assert!(texts.iter().all(|text| !text.is_empty()));
}

pub(crate) async fn messages_larger_than_memory_go_in_parts<R: Sockets>() -> Result<(), Error> {
    let server = serve::<R, _, _>("127.0.0.1:0", |mut ws: WebSocket<R>| async move {
        let mut total = 0;
        let mut reader = ws.recv_stream().await?;
        assert_eq!(reader.kind(), MessageKind::Binary);
        while let Some(chunk) = reader.chunk().await? {
            total += chunk.len();
        }
        drop(reader);
        let mut bytes = Vec::new();
        ws.recv_stream().await?.read_to_end(&mut bytes).await?;
        ws.send(format!("{total} and {}", bytes.len())).await?;
        Ok(())
    })
    .await?;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    let mut writer = ws.send_stream(MessageKind::Binary).await?;
    for _ in 0..40 {
        writer.write(vec![7; 100_000]).await?;
    }
    writer.finish().await?;
    let mut writer = ws.send_stream(MessageKind::Binary).await?;
    writer.write_all(&vec![8; 300_000]).await.expect("open");
    writer.close().await.expect("open");
    drop(writer);
    assert_eq!(ws.recv().await?.as_text(), Some("4000000 and 300000"));
    assert!(ws.next().await?.is_none());
    server.close().await;
    Ok(())
}

pub(crate) async fn errors_are_told_apart<R: Sockets>() -> Result<(), Error> {
    async fn judge<R: Sockets>(uri: &str, patience: Duration) -> &'static str {
        match connect::<R, _>(uri).open_timeout(patience).await {
            Ok(_) => "open",
            Err(Error::InvalidUri(e)) => {
                assert_eq!(&*e.uri, uri);
                "uri"
            }
            Err(Error::Handshake(HandshakeError::InvalidStatus(e))) => {
                assert_eq!(e.status_code, StatusCode::FORBIDDEN);
                assert!(!e.headers.is_empty());
                "status"
            }
            Err(Error::Timeout(timeout)) => {
                assert_eq!(timeout.operation, Operation::Handshake);
                "timeout"
            }
            Err(e) if e.is_retryable() => "retry",
            Err(_) => "other",
        }
    }
    let server = serve::<R, _, _>("127.0.0.1:0", echo::<R>)
        .on_request(|request| match request.path() {
            "/private" => Decision::reject(StatusCode::FORBIDDEN, ""),
            _ => Accept,
        })
        .await
        .expect("listening");
    assert_eq!(judge::<R>("http://localhost", FIVE_SECONDS).await, "uri");
    let private = format!("ws://{}/private", server.local_addr());
    assert_eq!(judge::<R>(&private, FIVE_SECONDS).await, "status");
    assert_eq!(judge::<R>(&uri(&server), FIVE_SECONDS).await, "open");
    // A server that listens and does not respond.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("ws://{}", listener.local_addr().expect("an address"));
    assert_eq!(judge::<R>(&silent, Duration::from_millis(50)).await, "timeout");
    drop(listener);
    assert_eq!(judge::<R>(&silent, FIVE_SECONDS).await, "retry");
    server.close().await;
    Ok(())
}

pub(crate) async fn a_handshake_over_a_stream_of_ones_own<R: Sockets>() -> Result<(), Error> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let listener = R::listen_tcp(listener)?;
    let server = spawn::<R, _>(async move {
        let (stream, _) = R::accept_tcp(&listener).await?;
        let handshake = accept::<_, R>(stream).await?;
        assert_eq!(handshake.request().path(), "/chat");
        let mut ws = handshake.subprotocol("chat").header("x-user", "7").accept().await?;
        ws.send("welcome").await?;
        assert!(ws.next().await?.is_none());
        drop(ws);
        let (stream, _) = R::accept_tcp(&listener).await?;
        let handshake = accept::<_, R>(stream).await?;
        handshake.reject(StatusCode::FORBIDDEN, "no").await?;
        Ok::<_, Error>(())
    });
    let stream = R::connect_tcp(address, &TcpOptions::default()).await?;
    let mut ws = client::<_, R, _>("ws://localhost/chat", stream).subprotocols(["chat"]).await?;
    assert_eq!(ws.recv().await?.as_text(), Some("welcome"));
    assert_eq!(ws.response().header("x-user"), Some("7"));
    ws.close().await?;
    let stream: R::Tcp = ws.into_inner();
    drop(stream);
    let stream = R::connect_tcp(address, &TcpOptions::default()).await?;
    let error = client::<_, R, _>("ws://localhost/chat", stream).await.expect_err("refused");
    assert_eq!(error.status_code(), Some(StatusCode::FORBIDDEN));
    server.await
}
