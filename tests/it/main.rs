#![forbid(unsafe_code)]
//! The driver and the adapters, tested through the facade.

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../net/authority.rs"]
mod authority;
mod pairs;

mod adaptors;
mod broadcast;
mod cancelling;
mod cooperation;
mod deadlines;
mod eyeballs;
mod faults;
mod floods;
mod halves;
mod handshakes;
mod reads;
mod requests;
mod secure;
mod server;

mod on_async_std;
mod on_smol;
mod on_tokio;
mod on_tokio_threads;
