//! Verification of the bytes that a measured process sends.

mod client;
mod server;

pub use client::ClientVerifier;
pub use server::ServerVerifier;
