#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! Nothing here does I/O, reads a clock, or looks at the environment of the process: whoever drives the connection
//! carries the bytes and the variables in.

mod scheme;
pub use scheme::ProxyScheme;

mod proxy;
pub use proxy::Proxy;

mod credentials;

mod host;

mod environment;
pub use environment::Environment;

mod no_proxy;

mod connect_request;
pub use connect_request::ConnectRequest;

mod connect_reader;
pub use connect_reader::ConnectReader;

mod socks;
pub use socks::{SocksLookup, SocksPlan, SocksRequest};

mod socks_version;
pub use socks_version::SocksVersion;
