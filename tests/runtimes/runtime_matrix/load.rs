//! Many messages, and many connections.

use std::sync::Arc;

use sockeye::{Error, MessageKind, connection::Sockets};

use super::{WebSocket, connect, echo_server, serve, spawn, uri};

type Sender<R> = sockeye::connection::Sender<<R as Sockets>::Stream, R>;
type Receiver<R> = sockeye::connection::Receiver<<R as Sockets>::Stream, R>;

pub(crate) async fn many_senders_under_load_keep_their_order<R: Sockets>() -> Result<(), Error> {
    let server = serve::<R, _, _>("127.0.0.1:0", |ws: WebSocket<R>| async move {
        let (sender, mut receiver) = ws.split();
        let senders = (0..3_u8).map(|id| spawn::<R, _>(send_numbers(sender.clone(), id)));
        let senders: Vec<_> = senders.collect();
        let counts = count_numbers(&mut receiver).await?;
        assert_eq!(counts, [NUMBERS; 3]);
        for sender in senders {
            sender.await?;
        }
        Ok(())
    })
    .await?;
    let (sender, mut receiver) = connect::<R, _>(uri(&server)).await?.split();
    let senders: Vec<_> =
        (0..3_u8).map(|id| spawn::<R, _>(send_numbers(sender.clone(), id))).collect();
    let pinging = sender.clone();
    let pings = spawn::<R, _>(async move {
        for _ in 0..20 {
            pinging.ping("").await?.await?;
        }
        Ok::<_, Error>(())
    });
    let receiver = spawn::<R, _>(async move {
        let counts = count_numbers(&mut receiver).await;
        let end = receiver.next().await;
        (counts, end)
    });
    for sender in senders {
        sender.await?;
    }
    let (counts, end) = receiver.await;
    assert_eq!(counts?, [NUMBERS; 3]);
    assert!(end?.is_none());
    // The server may have closed before the last pong.
    let _ = pings.await;
    server.close().await;
    Ok(())
}

/// Messages of each sender.
const NUMBERS: u32 = 400;

async fn send_numbers<R: Sockets>(sender: Sender<R>, id: u8) -> Result<(), Error> {
    for n in 0..NUMBERS {
        let mut message = vec![id];
        message.extend(n.to_be_bytes());
        message.resize(5 + (n as usize * 37) % 3000, id);
        if n % 50 == 49 {
            let mut writer = sender.send_stream(MessageKind::Binary).await?;
            for part in message.chunks(1000) {
                writer.write(part.to_vec()).await?;
            }
            writer.finish().await?;
        } else if n % 7 == 0 {
            sender.feed(message).await?;
        } else {
            sender.send(message).await?;
        }
    }
    sender.flush().await
}

async fn count_numbers<R: Sockets>(receiver: &mut Receiver<R>) -> Result<[u32; 3], Error> {
    let mut counts = [0; 3];
    while counts.iter().sum::<u32>() < 3 * NUMBERS {
        let message = receiver.recv().await?.into_bytes();
        let id = usize::from(message[0]);
        let n = u32::from_be_bytes([message[1], message[2], message[3], message[4]]);
        assert_eq!(n, counts[id], "the messages of one sender keep their order");
        assert_eq!(message.len(), 5 + (n as usize * 37) % 3000);
        counts[id] += 1;
    }
    Ok(counts)
}

pub(crate) async fn hundreds_come_and_go<R: Sockets>() -> Result<(), Error> {
    let server = Arc::new(echo_server::<R>().await);
    let clients: Vec<_> = (0..200_u32)
        .map(|id| {
            let server = Arc::clone(&server);
            spawn::<R, _>(async move {
                let mut ws = connect::<R, _>(uri(&server)).await?;
                ws.send(id.to_string()).await?;
                assert_eq!(ws.recv().await?.as_text(), Some(&*id.to_string()));
                if id % 3 == 0 { Ok(()) } else { ws.close().await }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no errors");
    }
    server.close().await;
    assert_eq!(server.connections(), 0);
    Ok(())
}

/// Each client asks for a broadcast as soon as it is connected, as a client does that joins a room.
pub(crate) async fn a_broadcast_after_the_handshake_reaches_the_client<R: Sockets>()
-> Result<(), Error> {
    for _ in 0..400 {
        let server = Arc::new(echo_server::<R>().await);
        let mut ws = connect::<R, _>(uri(&server)).await?;
        assert_eq!(server.broadcast("joined").await, 1);
        assert_eq!(ws.recv().await?.as_text(), Some("joined"));
        drop(ws);
        server.drain().await;
    }
    Ok(())
}

/// More than waits on one connection, in a loop without any other wait.
pub(crate) async fn a_burst_of_broadcasts_reaches_clients_that_keep_up<R: Sockets>()
-> Result<(), Error> {
    for (count, size) in [(2_000, 1_000), (40, 64 << 10), (20_000, 100)] {
        let server = echo_server::<R>().await;
        let mut clients = Vec::new();
        for _ in 0..2 {
            let mut ws = connect::<R, _>(uri(&server)).await?;
            clients.push(spawn::<R, _>(async move {
                for _ in 0..count {
                    ws.recv().await?;
                }
                ws.close().await
            }));
        }
        let mut reached = 0;
        for _ in 0..count {
            reached += server.broadcast(vec![0; size]).await;
        }
        assert_eq!(reached, 2 * count);
        for client in clients {
            client.await?;
        }
        server.close().await;
    }
    Ok(())
}
