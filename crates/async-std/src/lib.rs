#![forbid(unsafe_code)]
//! Sockeye on async-std.
