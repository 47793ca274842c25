#![forbid(unsafe_code)]
//! The opening handshake of WebSocket (RFC 6455 section 4), without I/O.
