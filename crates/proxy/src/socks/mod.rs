//! SOCKS 4, 4a, 5 and 5h: [RFC 1928](https://www.rfc-editor.org/rfc/rfc1928).

mod plan;
pub use plan::{SocksLookup, SocksPlan, SocksRequest, SocksTarget};

mod version;
pub use version::SocksVersion;
