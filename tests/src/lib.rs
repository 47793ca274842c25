#![forbid(unsafe_code)]
//! Helpers of the integration tests.
