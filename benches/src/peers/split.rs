//! Sockeye after `split`: both halves in one task, which shows the cost of their lock, and one half in each of two tasks.
//!
//! Two tasks need a channel. An unsplit `WebSocket` with the same channel of tokio shows its cost.

use sockeye::{Message, WebSocket};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{LIMIT, Outcome, Peer, each_connection};

pub const ONE_TASK: Peer =
    Peer::server("sockeye-split", "sockeye", |setup| each_connection(setup, one_task));

pub const CHANNEL: Peer =
    Peer::server("sockeye-channel", "sockeye", |setup| each_connection(setup, channel));

pub const TWO_TASKS: Peer =
    Peer::server("sockeye-two-tasks", "sockeye", |setup| each_connection(setup, two_tasks));

async fn one_task(stream: TcpStream) -> Outcome {
    let (sender, mut receiver) = accept(stream).await?.split();
    while let Some(message) = receiver.next().await? {
        sender.feed(message).await?;
    }
    Ok(())
}

/// Passes each message of an unsplit socket through the channel.
async fn channel(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    let (tx, mut rx) = mpsc::channel::<Message>(MESSAGES);
    while let Some(message) = socket.next().await? {
        tx.send(message).await?;
        if let Some(message) = rx.recv().await {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

/// Receives in one task and sends in another.
async fn two_tasks(stream: TcpStream) -> Outcome {
    let (sender, mut receiver) = accept(stream).await?.split();
    let (tx, mut rx) = mpsc::channel::<Message>(MESSAGES);
    let sending = tokio::spawn(async move {
        let mut messages = Vec::with_capacity(MESSAGES);
        while rx.recv_many(&mut messages, MESSAGES).await > 0 {
            for message in messages.drain(..) {
                sender.feed(message).await?;
            }
            if rx.is_empty() {
                sender.flush().await?;
            }
        }
        Ok(())
    });
    while let Some(message) = receiver.next().await? {
        if tx.send(message).await.is_err() {
            break;
        }
    }
    drop(tx);
    sending.await?
}

async fn accept(stream: TcpStream) -> Result<WebSocket<TcpStream>, sockeye::Error> {
    sockeye::accept(stream).config(sockeye::Config::default().max_size(LIMIT)).await?.accept().await
}

const MESSAGES: usize = 64;
