#![forbid(unsafe_code)]
//! Payloads and frames of the benchmarks, the same in every run and on every machine.

pub mod frame;
pub mod json;
pub mod payload;
