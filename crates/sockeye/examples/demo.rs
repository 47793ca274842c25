//! A server and a client in one program: messages, compression, the latency of a ping, and a clean close.

use std::error::Error;

use sockeye::{DeflateConfig, WebSocket};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
        while let Some(message) = ws.next().await? {
            ws.feed(message).await?;
        }
        Ok(())
    })
    .compression(DeflateConfig::default())
    .await?;
    println!("server   listening on ws://{}", server.local_addr());

    let mut ws = sockeye::connect(format!("ws://{}", server.local_addr()))
        .compression(DeflateConfig::default())
        .await?;
    println!("client   connected; the messages are compressed: {}", ws.is_compressed());

    for text in ["Hello, Sockeye!", "Grüße an den Lachs", "鮭"] {
        ws.send(text).await?;
        println!("client   sent {text:?}, received {:?}", ws.recv().await?.as_text());
    }

    let long = "the quick brown fox jumps over the lazy dog; ".repeat(1000);
    ws.feed(long.as_str()).await?;
    println!("client   compressed {} bytes to {}", long.len(), ws.buffered());
    assert_eq!(ws.recv().await?.as_text(), Some(long.as_str()));

    let pong = ws.ping("").await?;
    println!("client   pinged; the pong took {:?}", pong.await?);

    ws.close().await?;
    println!("client   closed: {}", ws.outcome());
    server.close().await;
    println!("server   closed\n");
    println!("Now try:");
    println!("  cargo run -p sockeye-cli -- echo --bind 127.0.0.1:8765 --compression");
    println!("  cargo run -p sockeye-cli -- connect ws://127.0.0.1:8765    (in another terminal)");
    Ok(())
}
