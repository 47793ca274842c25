#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod io;
pub use io::Io;

mod runtime;
pub use runtime::Runtime;

mod sockets;
pub use sockets::Sockets;

mod stream;
pub use stream::Stream;

mod tcp;
pub use tcp::TcpOptions;

mod dyn_stream;
pub use dyn_stream::DynStream;

mod deadline;
pub use deadline::{Deadline, first_wakeup};

mod address_error;
pub use address_error::{no_address, with_address};

mod runtime_api;

#[cfg(feature = "tls")]
mod peer_certificates;

mod one_line;
pub use one_line::Truncated;

mod socket;

pub mod handshake_io;
pub mod random;
pub mod tls;
#[cfg(unix)]
pub mod unix;

#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use futures_rustls::rustls;
