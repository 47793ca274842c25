#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod connect;
pub use connect::{Connect, OverStream, client, connect};

mod dial;
pub use dial::Dial;

mod reconnect;
pub use reconnect::{Reconnect, ReconnectEvent, reconnect};

mod backoff;
#[cfg(feature = "deflate")]
mod connect_deflate;
mod connect_options;
#[cfg(feature = "proxy")]
mod connect_proxy;
mod connect_tcp;
#[cfg(feature = "tls")]
mod connect_tls;
mod connect_transport;
mod connector;
mod handshake;
mod happy_eyeballs;
mod plan;
mod proxy;
