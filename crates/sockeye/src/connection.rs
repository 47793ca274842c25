//! Connections over any stream and on any runtime.
//!
//! The types here are generic over the stream and the runtime. The root of the crate and the modules of the runtimes
//! export them with the runtime filled in.

#[doc(inline)]
pub use sockeye_connection::{
    CommandQueue, Established, MessageReader, MessageWriter, PongFuture, PongFutureMut, Receiver,
    Sender, Upgrade, WebSocket,
};
#[doc(inline)]
pub use sockeye_errors::State;
#[doc(inline)]
pub use sockeye_net::{Io, Runtime, Sockets, Stream, TcpOptions};
#[doc(no_inline)]
pub use sockeye_protocol::Role;
