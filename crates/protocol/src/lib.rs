#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod connection;
pub use connection::Connection;

mod receiver;
pub use receiver::Receiver;

mod sender;
pub use sender::{MaskSource, Sender};

mod event;
pub use event::{Event, Fragment};

mod message;
pub use message::{Message, MessageKind};

mod text;
pub use text::Text;

mod outgoing;
pub use outgoing::Outgoing;

mod prepared;
pub use prepared::Prepared;

mod config;
pub use config::Config;

mod closing;
pub use closing::Step;

mod pings;
pub use pings::{PingId, Pong};

mod arriving;
mod assembly;
mod backlog;
mod deflate;
mod keepalive;
mod length;
mod output;
mod parking;
mod payload;
mod queue;
mod spare;

pub mod scratch;

pub use sockeye_frames::Role;
