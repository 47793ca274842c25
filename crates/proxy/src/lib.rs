#![forbid(unsafe_code)]
//! Which proxy for which host; HTTP CONNECT and SOCKS 4, 4a, 5 and 5h, without I/O.
