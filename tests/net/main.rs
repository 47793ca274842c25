#![forbid(unsafe_code)]
//! The way from a URI to a connection, over loopback and on every runtime.

mod authority;
mod everywhere;
mod origin;

mod connecting;
mod cuts;
mod environment;
mod injection;
mod names;
mod proxies;
mod redirects;
mod secrets;
mod tls;

mod dropping;
mod reconnecting;
