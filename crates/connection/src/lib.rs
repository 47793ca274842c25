#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod websocket;
pub use websocket::WebSocket;

mod sender;
pub use sender::Sender;

mod receiver;
pub use receiver::Receiver;

mod message_reader;
pub use message_reader::MessageReader;

mod message_writer;
pub use message_writer::MessageWriter;

mod ping;
pub use ping::PongFuture;

mod pong_future_mut;
pub use pong_future_mut::PongFutureMut;

mod upgrade;
pub use upgrade::Upgrade;

mod established;
pub use established::Established;

mod policy;
pub use policy::ServerPolicy;

mod commands;
pub use commands::CommandQueue;

mod slow_consumer;
pub use slow_consumer::{SlowConsumer, SlowPolicy};

mod return_slot;
pub use return_slot::ReturnSlot;

pub mod deflate;

#[cfg(feature = "deflate")]
mod compression;
mod coop;
#[cfg(feature = "futures")]
mod futures;
mod half_info;
mod handshake_info;
mod inbound;
mod inner;
mod io;
mod io_commands;
mod mailbox;
mod outlined_box;
mod pending_messages;
mod receive;
mod return_handle;
mod reunite;
mod shared;
mod shared_waker;
mod timer;
mod trace;
