//! Connecting to servers: options, URIs, proxies, redirects and reconnection.
//!
//! The functions and builders here are generic over the runtime. The root of the crate and the modules of the runtimes
//! export them with the runtime filled in.

#[doc(inline)]
pub use sockeye_client::{
    Connect, Dial, OverStream, Reconnect, ReconnectEvent, client, connect, reconnect,
};
#[doc(inline)]
pub use sockeye_handshake::{
    ClientHandshake, ClientOptions, Credentials, Limits, Subprotocols, WebSocketUri,
};
#[cfg(feature = "proxy")]
#[doc(inline)]
pub use sockeye_proxy::Proxy;
