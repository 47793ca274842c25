//! The client of the README: one message and one reply.
//!
//! `cargo run --example hello`, after `cargo run --example echo`

use std::process::ExitCode;

use sockeye::{Error, Message};

#[tokio::main]
async fn main() -> ExitCode {
    match greet().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}"); // one line: the failure, its cause, and a hint
            ExitCode::FAILURE
        }
    }
}

async fn greet() -> Result<(), Error> {
    let mut ws = sockeye::connect("ws://localhost:8765").await?;
    ws.send("Hello, Server!").await?;
    let reply: Message = ws.recv().await?;
    println!("{}", reply.as_text().unwrap_or("(binary)"));
    ws.close().await
}
