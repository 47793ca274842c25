//! The two directions of a connection: two connections joined by bytes, and one against arbitrary peers.

mod application;
mod closing;
mod codes;
mod compression;
mod connection;
mod control;
mod cuts;
mod deadlines;
mod failed_writes;
mod fragments;
mod headers;
mod limits;
mod masks;
mod messages;
mod output;
mod pair;
mod reading;
mod rfc;
mod streaming;
mod transport;
mod utf8;
mod wire;
