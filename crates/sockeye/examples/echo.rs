//! The server of the README, which echoes every message: `cargo run --example echo`

use sockeye::{Error, WebSocket};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = sockeye::serve("127.0.0.1:8765", |mut ws: WebSocket| async move {
        while let Some(message) = ws.next().await? {
            ws.feed(message).await?; // queued; flushed before `next` waits
        }
        Ok(()) // closes with 1000; an error or a panic closes with 1011
    })
    .await?;
    println!("listening on ws://{}", server.local_addr());

    tokio::signal::ctrl_c().await?;
    server.close().await; // closes all connections with 1001 and waits for the handlers
    Ok(())
}
