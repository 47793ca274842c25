//! Sockeye in halves: with both in one task, which shows what their lock costs, and with one in each of two tasks, beside
//! the whole with the same channel, which is tokio's.

use sockeye::{Message, WebSocket};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{LIMIT, Outcome, Peer, each_connection};

pub const ONE_TASK: Peer =
    Peer::serving("sockeye-halves", "sockeye", |setup| each_connection(setup, one_task));

pub const CHANNEL: Peer =
    Peer::serving("sockeye-channel", "sockeye", |setup| each_connection(setup, channel));

pub const TWO_TASKS: Peer =
    Peer::serving("sockeye-two-tasks", "sockeye", |setup| each_connection(setup, two_tasks));

async fn one_task(stream: TcpStream) -> Outcome {
    let (sender, mut receiver) = accept(stream).await?.split();
    while let Some(message) = receiver.next().await? {
        sender.feed(message).await?;
    }
    Ok(())
}

/// The whole, whose messages go through a channel for no reason.
async fn channel(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    let (to, mut from) = mpsc::channel::<Message>(MESSAGES);
    while let Some(message) = socket.next().await? {
        to.send(message).await?;
        if let Some(message) = from.recv().await {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

/// One task receives and another sends; messages go from one to the other through a channel.
async fn two_tasks(stream: TcpStream) -> Outcome {
    let (sender, mut receiver) = accept(stream).await?.split();
    let (to, mut from) = mpsc::channel::<Message>(MESSAGES);
    let sending = tokio::spawn(async move {
        let mut messages = Vec::with_capacity(MESSAGES);
        while from.recv_many(&mut messages, MESSAGES).await > 0 {
            for message in messages.drain(..) {
                sender.feed(message).await?;
            }
            if from.is_empty() {
                sender.flush().await?;
            }
        }
        Ok(())
    });
    while let Some(message) = receiver.next().await? {
        if to.send(message).await.is_err() {
            break;
        }
    }
    drop(to);
    sending.await?
}

async fn accept(stream: TcpStream) -> Result<WebSocket<TcpStream>, sockeye::Error> {
    sockeye::accept(stream).max_size(LIMIT).await?.accept().await
}

const MESSAGES: usize = 64;
