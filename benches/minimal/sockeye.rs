//! The smallest echo server on Sockeye.

use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = sockeye::serve("127.0.0.1:0", |mut socket: sockeye::WebSocket| async move {
        while let Some(message) = socket.next().await? {
            socket.feed(message).await?;
        }
        Ok(())
    })
    .await?;
    println!("listening on {}", server.local_addr());
    std::future::pending().await
}
