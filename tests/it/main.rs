#![forbid(unsafe_code)]
//! The driver and the adapters, tested through the facade.

mod pairs;

mod adaptors;
mod cancelling;
mod deadlines;
mod faults;
mod halves;
mod handshakes;
mod server;

mod on_async_std;
mod on_smol;
mod on_tokio;
mod on_tokio_threads;
