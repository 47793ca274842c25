#![forbid(unsafe_code)]
//! The programs of the documentation, on each runtime.

mod runtime_async_std;
mod runtime_smol;
mod runtime_tokio;
mod runtime_tokio_threads;
