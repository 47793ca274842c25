//! One function that classifies all errors: `cargo run --example error_handler -- URI…`

use std::{env, error::Error as _, time::Duration};

use sockeye::{Error, Message, error::Severity};

#[tokio::main]
async fn main() {
    let mut uris: Vec<String> = env::args().skip(1).collect();
    if uris.is_empty() {
        uris = [
            "ws://localhost:8765",
            "ws://invalid-host:9999",
            "wss://expired-cert.example.com",
            "invalid-uri",
        ]
        .map(String::from)
        .to_vec();
    }
    for uri in uris {
        match greet(&uri).await {
            Ok(reply) => println!("Success: {:?}", reply.as_text()),
            Err(error) => handle(&error, &format!("Connecting to {uri}")),
        }
    }
}

async fn greet(uri: &str) -> Result<Message, Error> {
    let mut ws = sockeye::connect(uri).open_timeout(Duration::from_secs(5)).await?;
    ws.send("Test message").await?;
    let reply = ws.recv().await?;
    ws.close().await?;
    Ok(reply)
}

/// Logs an error at its level, and prints whether it is retryable.
fn handle(error: &Error, context: &str) {
    let category = error.category();
    let level = match error.severity() {
        Severity::Info => "INFO",
        Severity::Warn => "WARN",
        _ => "ERROR",
    };
    match error.source() {
        Some(cause) => println!("{level} {context}: {category}: {error}: {cause}"),
        None => println!("{level} {context}: {category}: {error}"),
    }
    if error.is_retryable() {
        println!("Error is retryable: {category}");
    } else {
        println!("Error is not retryable: {category}");
    }
}
