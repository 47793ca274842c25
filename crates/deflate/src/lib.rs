#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod deflate;
pub use deflate::DeflateConfig;

mod parameters;
pub use parameters::{EXTENSION, Parameter};

mod negotiation;
pub use negotiation::{Agreement, Direction};

mod compressor;
pub use compressor::Compressor;

mod decompressor;
pub use decompressor::Decompressor;

mod pool;
mod window;
