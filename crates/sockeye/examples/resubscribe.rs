//! Subscriptions that survive a lost connection: each new connection asks for the messages since the last one received.
//! `cargo run --example resubscribe -- ws://localhost:8765`
//!
//! The server of this example receives `TOPIC after NUMBER` and sends `TOPIC NUMBER TEXT`, starting with the next number.

use std::{collections::BTreeMap, env, time::Duration};

use sockeye::{Error, WebSocket};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    let mut connections = sockeye::connect(&*uri)
        .reconnect()
        .backoff(Duration::from_millis(100), Duration::from_secs(30));
    // The state that survives a connection: the topics, and the last number received for each.
    let mut seen = BTreeMap::from([("news".to_owned(), 0), ("weather".to_owned(), 0)]);
    while let Some(ws) = connections.next().await? {
        match follow(ws, &mut seen).await {
            Ok(()) => break,
            Err(error) => println!("lost: {error}"),
        }
    }
    Ok(())
}

/// Subscribes, and prints messages until the server closes the connection.
async fn follow(mut ws: WebSocket, seen: &mut BTreeMap<String, u64>) -> Result<(), Error> {
    for (topic, number) in &*seen {
        ws.feed(format!("{topic} after {number}")).await?;
    }
    ws.flush().await?;
    while let Some(message) = ws.next().await? {
        let mut words = message.as_text().unwrap_or_default().splitn(3, ' ');
        let (Some(topic), Some(number), Some(text)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        // Ignore messages that arrive twice or out of order.
        if let (Some(last), Ok(number)) = (seen.get_mut(topic), number.parse::<u64>())
            && number > *last
        {
            println!("{topic}: {text}");
            *last = number;
        }
    }
    Ok(())
}
