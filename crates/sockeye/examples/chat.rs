//! A chat server, whose rooms are the paths of the URI: `cargo run --example chat`
//!
//! Connect with `cargo run -p sockeye-cli -- connect ws://localhost:8765/tea` in two terminals.

use std::{
    collections::HashMap,
    env,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use sockeye::{Error, Message, Receiver, Sender, WebSocket};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8765".to_owned());
    let chat = Arc::new(Chat::default());
    let server = sockeye::serve(&*address, move |ws: WebSocket| {
        let chat = Arc::clone(&chat);
        async move { Ok(chat.join(ws).await?) }
    })
    .await?;
    println!("listening on ws://{}", server.local_addr());

    tokio::signal::ctrl_c().await?;
    server.close().await;
    Ok(())
}

#[derive(Default)]
struct Chat {
    rooms: Mutex<HashMap<String, Room>>,
    next_id: AtomicU64,
}

/// The members of a room.
type Room = HashMap<u64, Sender>;

impl Chat {
    /// Passes the messages of a member to the others, until the member leaves.
    async fn join(&self, ws: WebSocket) -> Result<(), Error> {
        let room = ws.request().path().to_owned();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, mut receiver) = ws.split();
        self.rooms().entry(room.clone()).or_default().insert(id, sender);

        let result = self.relay(&room, id, &mut receiver).await;
        self.leave(&room, id);
        result
    }

    async fn relay(&self, room: &str, id: u64, receiver: &mut Receiver) -> Result<(), Error> {
        while let Some(message) = receiver.next().await? {
            self.send_to_others(room, id, &message);
        }
        Ok(())
    }

    fn send_to_others(&self, room: &str, id: u64, message: &Message) {
        for (_, sender) in self.rooms()[room].iter().filter(|(member, _)| **member != id) {
            // Does not wait: a member that does not read must not delay the others, and misses messages.
            if let Err(error) = sender.try_send(message.clone()) {
                eprintln!("not sent: {error:#}");
            }
        }
    }

    fn leave(&self, room: &str, id: u64) {
        let mut rooms = self.rooms();
        if let Some(members) = rooms.get_mut(room) {
            members.remove(&id);
            if members.is_empty() {
                rooms.remove(room);
            }
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
