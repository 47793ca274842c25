//! Errors of the program itself, which leave the connection usable:
//! `cargo run --example state_and_size -- ws://localhost:8765`

use std::env;

use sockeye::{Error, MessageKind, error::ProtocolError};

#[tokio::main]
async fn main() {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    if let Err(e) = run(&uri).await {
        println!("Connection error: {e}");
    }
}

async fn run(uri: &str) -> Result<(), Error> {
    let ws = sockeye::connect(uri).max_size(1024).await?;
    // Split: with a single `WebSocket`, concurrent calls do not compile.
    let (sender, mut receiver) = ws.split();

    match sender.send("x".repeat(2048)).await {
        Err(Error::Protocol(ProtocolError::PayloadTooBig(e))) => {
            println!("Message too large: {} > {}", e.size, e.max_size);
        }
        sent => sent?,
    }

    let mut writer = sender.send_stream(MessageKind::Text).await?;
    writer.write("Hel").await?;
    match sender.try_send("in the middle of another message") {
        Err(Error::Protocol(ProtocolError::Concurrency(e))) => {
            println!("Concurrency error: {}", e.operation);
        }
        sent => sent?,
    }
    writer.finish_with("lo").await?;
    println!("Normal operation: {:?}", receiver.recv().await?.as_text());

    sender.close().await?;
    while receiver.next().await?.is_some() {}
    match sender.send("This should fail").await {
        Err(Error::Protocol(ProtocolError::InvalidState(e))) => {
            println!("Invalid state: {} in {}", e.operation, e.state);
        }
        sent => sent?,
    }
    Ok(())
}
