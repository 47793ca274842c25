//! The names of the driver, with the runtime filled in.

use sockeye_driver as driver;

use crate::{Stream, Tokio};

/// A WebSocket connection over the stream `S`.
pub type WebSocket<S = Stream> = driver::WebSocket<S, Tokio>;

/// The sending half of a connection.
pub type Sender<S = Stream> = driver::Sender<S, Tokio>;

/// The receiving half of a connection.
pub type Receiver<S = Stream> = driver::Receiver<S, Tokio>;

/// Receives a message in parts.
pub type MessageReader<'a, S = Stream> = driver::MessageReader<'a, S, Tokio>;

/// Sends a message in parts.
pub type MessageWriter<'a, S = Stream> = driver::MessageWriter<'a, S, Tokio>;

/// The pong that a ping waits for.
pub type AwaitedPong<'a, S = Stream> = driver::AwaitedPong<'a, S, Tokio>;

/// A client that is about to connect.
pub type Connect = driver::Connect<Tokio, driver::Dial>;

/// A client that is about to connect over a stream that is connected already.
pub type ConnectOver<S> = driver::Connect<Tokio, driver::Given<S>>;

/// A client that connects again and again.
pub type Reconnect = driver::Reconnect<Tokio>;

/// A server that is about to listen.
pub type Serve<H, B = driver::Bind> = driver::Serve<Tokio, H, B>;

/// A server that is about to read the request of a client.
pub type Accepting<S> = driver::Accepting<Tokio, S>;

/// A request that was read and checked, and waits for the answer.
pub type Handshake<S> = driver::Handshake<S, Tokio>;
