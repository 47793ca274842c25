#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod scheme;
pub use scheme::ProxyScheme;

mod proxy;
pub use proxy::Proxy;

mod environment;
pub use environment::Environment;

mod connect;
pub use connect::{ConnectReader, ConnectRequest};

mod socks;
pub use socks::{SocksLookup, SocksPlan, SocksRequest, SocksTarget, SocksVersion};

mod credentials;
mod host;
