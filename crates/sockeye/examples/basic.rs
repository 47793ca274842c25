//! One message, one reply, and every way in which that can fail: `cargo run --example basic -- ws://localhost:8765`

use std::env;

use sockeye::{Error, Message};

#[tokio::main]
async fn main() {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    match greet(&uri).await {
        Ok(reply) => println!("Received: {reply}"),
        Err(Error::ConnectionClosed(closed)) => {
            let code = closed.code().map(u16::from);
            println!("Connection closed: code={code:?}, reason={:?}", closed.reason());
            if closed.is_ok() {
                println!("Connection closed normally");
            } else {
                println!("Connection closed with error");
            }
        }
        Err(Error::InvalidUri(e)) => {
            println!("Invalid WebSocket URI: {}", e.uri);
            if let Some(reason) = e.reason {
                println!("Reason: {reason}");
            }
        }
        Err(Error::Protocol(e)) => println!("Protocol error: {e}"),
        Err(e) => println!("Unexpected error: {e}"),
    }
}

async fn greet(uri: &str) -> Result<String, Error> {
    let mut ws = sockeye::connect(uri).await?;
    ws.send("Hello, Server!").await?;
    let reply = match ws.recv().await? {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => format!("{} bytes", bytes.len()),
    };
    ws.close().await?;
    Ok(reply)
}
