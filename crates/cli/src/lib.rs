#![forbid(unsafe_code)]
//! The sockeye command: an echo server and an interactive client for WebSocket.
