//! Tests of the whole crate through its public interface.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod crowd;
mod examples;
mod hostile;
mod miniz;
mod negotiation;
mod reference;
mod round_trip;
