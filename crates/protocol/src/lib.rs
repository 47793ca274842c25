#![forbid(unsafe_code)]
//! A WebSocket connection without I/O: fragments, limits, control frames, closing, keepalive.
