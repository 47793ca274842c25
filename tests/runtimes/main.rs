#![forbid(unsafe_code)]
//! The same programs on each runtime.

mod runtime_matrix;

mod runtime_async_std;
mod runtime_floods;
mod runtime_smol;
mod runtime_tokio;
mod runtime_tokio_threads;
