#![forbid(unsafe_code)]
//! The way from a URI to a connection, over loopback and on every runtime.

#[expect(dead_code, reason = "other tests need more of it")]
mod authority;
mod everywhere;
mod https_proxy;
mod origin;

mod client_certificates;
mod connecting;
mod cuts;
mod environment;
mod injection;
mod names;
mod proxies;
mod redirects;
mod secrets;
mod tls;
mod truncated;
mod unix;

mod dropping;
mod reconnecting;
