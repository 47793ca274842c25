//! The rules of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) that a connection keeps and makes others keep, frame by frame.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod wire;

mod close_frames;
mod closing;
mod control;
mod fragmentation;
mod header;
mod limits;
mod masking;
mod text;
