#![forbid(unsafe_code)]
//! What the benchmarks send: payloads and frames that are the same in every run and on every machine.

pub mod frame;
pub mod json;
pub mod payload;
