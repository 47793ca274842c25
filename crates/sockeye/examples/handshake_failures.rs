//! Why a handshake failed: `cargo run --example handshake_failures -- URI…`

use std::{env, error::Error as _, time::Duration};

use sockeye::{Error, Message, error::HandshakeError};

#[tokio::main]
async fn main() {
    let mut uris: Vec<String> = env::args().skip(1).collect();
    if uris.is_empty() {
        uris =
            ["ws://localhost:8765", "ws://invalid-server:9999", "wss://expired-cert.example.com"]
                .map(String::from)
                .to_vec();
    }
    for uri in uris {
        println!("Connecting to {uri}...");
        match greet(&uri).await {
            Ok(reply) => println!("Success: {:?}", reply.as_text()),
            Err(Error::Handshake(e)) => explain(&e),
            Err(e) => println!("Other error: {e}"),
        }
        println!();
    }
}

async fn greet(uri: &str) -> Result<Message, Error> {
    let mut ws = sockeye::connect(uri)
        .origin("https://myapp.com")
        .subprotocols(["chat", "notifications"])
        .open_timeout(Duration::from_secs(5))
        .await?;
    ws.send("Connection successful").await?;
    let reply = ws.recv().await?;
    ws.close().await?;
    Ok(reply)
}

fn explain(error: &HandshakeError) {
    match error {
        HandshakeError::Security(e) => println!("Security error: {e}"),
        HandshakeError::InvalidStatus(e) => {
            println!("Server rejected connection: HTTP {}", e.status_code);
            println!("Response headers: {:?}", e.headers);
            println!("Response body: {:?}", String::from_utf8_lossy(&e.body));
        }
        HandshakeError::InvalidOrigin(e) => println!("Origin rejected: {}", e.origin),
        HandshakeError::InvalidHeader(e) => println!("Invalid header: {} = {:?}", e.name, e.value),
        HandshakeError::Negotiation(e) => {
            println!("Failed to negotiate extensions/subprotocols: {e}");
        }
        e => println!("Handshake failed: {e}"),
    }
    // The error is the failure, its source is the cause.
    if let Some(cause) = error.source() {
        println!("Because: {cause}");
    }
}
