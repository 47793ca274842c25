#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod receive;
pub use receive::Receiver;

mod send;
pub use send::{MaskSource, PingId, Pong, Sender};

mod event;
pub use event::{Event, Fragment};

mod message;
pub use message::{Message, MessageKind, Outgoing, Prepared, Text};

mod config;
pub use config::Config;

mod close;
pub use close::CloseStep;

mod deflate;

mod memory;
pub use memory::read_buffer;

pub use sockeye_frames::Role;
