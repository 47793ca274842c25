//! A client that reconnects after retryable errors: `cargo run --example recovery -- ws://localhost:8765`

use std::{env, time::Duration};

use sockeye::{Error, WebSocket, client::ReconnectEvent};
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    let mut connections = sockeye::connect(&*uri)
        .ping_interval(Duration::from_secs(20))
        .ping_timeout(Duration::from_secs(10))
        .reconnect()
        .backoff(Duration::from_millis(100), Duration::from_secs(10))
        .max_attempts(3)
        .on_event(|change| match change {
            ReconnectEvent::Connecting { attempt } => println!("Connection attempt {attempt}"),
            ReconnectEvent::Connected => println!("Connected successfully"),
            ReconnectEvent::Waiting { error: Some(error), .. } => {
                println!("Attempt failed: {error}");
            }
            ReconnectEvent::Waiting { .. } => println!("Connecting again soon"),
            ReconnectEvent::Stopped { error } => println!("Giving up: {error}"),
            _ => {}
        });
    while let Some(ws) = connections.next().await? {
        match converse(ws).await {
            Ok(()) => break,
            Err(Error::ConnectionClosed(closed)) if closed.is_ok() => break,
            Err(error) if error.is_retryable() => println!("Connection lost: {error}"),
            Err(error) => return Err(error),
        }
    }
    println!("Good-bye");
    Ok(())
}

/// Sends messages and waits for each reply. Gives up after five missing replies in a row.
async fn converse(mut ws: WebSocket) -> Result<(), Error> {
    let mut missed = 0;
    for count in 0.. {
        ws.send(format!("Message {count}")).await?;
        match timeout(Duration::from_secs(30), ws.recv()).await {
            Ok(reply) => {
                println!("Received: {:?}", reply?.as_text());
                missed = 0;
            }
            Err(_) if missed == 4 => break,
            Err(_) => missed += 1,
        }
        sleep(Duration::from_millis(50)).await;
    }
    ws.close().await
}
