//! The load generator: it drives a measured server or answers a measured client, and verifies every byte that comes back.
//!
//! It contains no WebSocket library: frames are built before a measurement starts, so that the load costs little.

pub mod echo_peer;
pub mod handshake;
pub mod handshakes;
pub mod idle_memory;
pub mod messages;
pub mod tls_certificate;
pub mod verify;
pub mod wire;
pub mod workload;
