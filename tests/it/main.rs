#![forbid(unsafe_code)]
//! The driver and the adapters, tested through the facade.

mod pairs;

mod deadlines;
mod halves;
mod server;
