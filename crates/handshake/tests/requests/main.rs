//! Invalid requests, each with the status of the response.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod request;

mod headers;
mod health_checks;
mod malformed;
mod request_line;
