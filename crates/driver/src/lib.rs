#![forbid(unsafe_code)]
//! The asynchronous WebSocket connection, client and server, for any runtime.
