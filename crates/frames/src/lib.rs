#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod opcode;
pub use opcode::OpCode;

mod role;
pub use role::Role;

mod header;
pub use header::{Header, MAX_HEADER_LEN};

mod whole;
pub use whole::WholeFrame;

pub mod mask;

pub mod utf8;
#[doc(inline)]
pub use utf8::Utf8Validator;

pub mod close;
