#![forbid(unsafe_code)]
//! Sockeye on tokio.
