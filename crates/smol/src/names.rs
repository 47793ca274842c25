//! The names of the driver, with the runtime filled in.

use sockeye_driver as driver;

use crate::Smol;

/// The stream beneath a connection that was made by [`connect`](crate::connect) or accepted by [`serve`](crate::serve).
pub type Stream = driver::Stream<Smol>;

/// A WebSocket connection over the stream `S`.
pub type WebSocket<S = Stream> = driver::WebSocket<S, Smol>;

/// The sending half of a connection.
pub type Sender<S = Stream> = driver::Sender<S, Smol>;

/// The receiving half of a connection.
pub type Receiver<S = Stream> = driver::Receiver<S, Smol>;

/// Receives a message in parts.
pub type MessageReader<'a, S = Stream> = driver::MessageReader<'a, S, Smol>;

/// Sends a message in parts.
pub type MessageWriter<'a, S = Stream> = driver::MessageWriter<'a, S, Smol>;

/// The pong that a ping waits for.
pub type AwaitedPong<'a, S = Stream> = driver::AwaitedPong<'a, S, Smol>;

/// A client that is about to connect.
pub type Connect = driver::Connect<Smol, driver::Dial>;

/// A client that is about to connect over a stream that is connected already.
pub type ConnectOver<S> = driver::Connect<Smol, driver::Given<S>>;

/// A client that connects again and again.
pub type Reconnect = driver::Reconnect<Smol>;

/// A server that is about to listen.
pub type Serve<H, B = driver::Bind> = driver::Serve<Smol, H, B>;

/// A server that is about to read the request of a client.
pub type Accepting<S> = driver::Accepting<Smol, S>;

/// A request that was read and checked, and waits for the answer.
pub type Handshake<S> = driver::Handshake<S, Smol>;
