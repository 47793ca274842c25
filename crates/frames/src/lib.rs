#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! ```
//! use sockeye_frames::{Header, OpCode, mask};
//!
//! // A client's text frame: the header, then the payload under the mask.
//! let key = [0x37, 0xfa, 0x21, 0x3d];
//! let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask: Some(key), length: 5 };
//! let mut frame = Vec::new();
//! header.encode(&mut frame);
//! mask::append(b"Hello", key, 0, &mut frame);
//!
//! // The server reads it.
//! let (parsed, len) = Header::parse(&frame)?.expect("the header is whole");
//! assert_eq!(parsed, header);
//! let payload = &mut frame[len..];
//! mask::apply(payload, key, 0);
//! assert_eq!(payload, b"Hello");
//! # Ok::<(), sockeye_errors::ProtocolError>(())
//! ```
//!
//! The crate knows bytes and nothing else: no messages, no limits, no state of a connection. Whether a frame may come
//! now, from this peer, with this RSV1, is for the caller to judge.

mod opcode;
pub use opcode::OpCode;

mod role;
pub use role::Role;

mod header;
pub use header::{Header, MAX_HEADER_LEN};

pub mod mask;

pub mod utf8;
#[doc(inline)]
pub use utf8::Utf8Validator;

pub mod close;
