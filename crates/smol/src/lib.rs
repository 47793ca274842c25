#![forbid(unsafe_code)]
//! Sockeye on smol.
