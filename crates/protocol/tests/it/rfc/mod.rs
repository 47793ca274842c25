//! The rules of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692) that a connection obeys and enforces, frame by frame.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod wire;

mod close_frames;
mod closing;
#[cfg(feature = "deflate")]
mod compression;
mod control;
mod fragmentation;
mod header;
mod limits;
mod masking;
mod text;
