#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod opcode;
pub use opcode::OpCode;

mod role;
pub use role::Role;

mod header;
pub use header::Header;

mod unfragmented;
pub use unfragmented::UnfragmentedFrame;

pub mod mask;

pub mod utf8;
#[doc(inline)]
pub use utf8::Utf8Validator;

pub mod close;
