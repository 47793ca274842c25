#![forbid(unsafe_code)]
//! The client: from a URI to a connection, and what it does when that ends.

mod handshake;
mod injection;
mod name_resolution;

mod connecting;
mod happy_eyeballs;
mod several_addresses;
mod unix;

mod environment;
mod proxies;
mod proxy_splits;

mod client_certificates;
mod crypto_providers;
mod tls;
mod tls_truncation;

mod cancelled_connects;
mod reconnecting;
mod redirects;
mod secrets;
