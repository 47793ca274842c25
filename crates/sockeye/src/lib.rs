#![forbid(unsafe_code)]
//! A complete and fast WebSocket library: client and server on tokio, async-std and smol, with compression and precise errors.
