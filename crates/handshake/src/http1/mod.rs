//! The parts of HTTP/1.1 that a handshake needs, without I/O.
//!
//! [`HeadReader`] collects the head of a message as its bytes arrive. `sockeye-proxy` uses it for the response of an HTTP
//! proxy; [`host`](parse_host), [percent-encoding](decode_percent) and [Basic credentials](encode_basic) are shared as well.
//!
//! # Examples
//!
//! ```
//! use sockeye_handshake::{Limits, http1::{HeadKind, HeadReader, StatusLine}};
//!
//! let mut reader = HeadReader::new(HeadKind::Response, Limits::default());
//! assert!(reader.handle_received(b"HTTP/1.1 200 OK\r\nServer: ")?.is_none());
//! let received = b"x\r\n\r\nbody";
//! let (head, length) = reader.handle_received(received)?.expect("the head is complete");
//! assert_eq!(StatusLine::parse(head.start_line())?.status(), 200);
//! assert_eq!(head.header("server"), Some("x"));
//! assert_eq!(&received[length..], b"body");
//! # Ok::<(), sockeye_errors::HandshakeError>(())
//! ```

mod head;
pub use head::Head;

mod reader;
pub use reader::{HeadKind, HeadReader};

mod start_line;
pub(crate) use start_line::RequestLine;
pub use start_line::StatusLine;

mod limits;
pub use limits::Limits;

mod host;
pub use host::{Bracketed, parse_host};

mod authority;
pub use authority::Authority;
pub(crate) use authority::{default_port, default_port_of, parse_dns_host, split_port};

mod percent;
pub use percent::decode as decode_percent;
pub(crate) use percent::encode as encode_resource;

mod credentials;
pub use credentials::{Credentials, encode_basic};

mod header_arg;
pub use header_arg::parse_header;

mod body;
pub(crate) use body::Body;

mod header_lines;
pub(crate) use header_lines::HeaderLines;

mod list;
pub(crate) use list::{is_protocol, require_token, tokens};

mod redaction;
pub(crate) use redaction::{Redacted, excerpt, invalid_header, is_secret};

mod token;
pub(crate) use token::{is_token, is_token_byte};

mod writer;
pub(crate) use writer::{HeadWriter, is_reserved};

pub(crate) mod header_names;
