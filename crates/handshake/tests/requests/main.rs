//! Requests that are not as they should be, each with the status that answers it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod request;

mod headers;
mod malformed;
mod request_line;
