//! The connection: two of them joined by bytes, and one against what a peer may think of.

mod application;
mod closing;
mod codes;
mod compression;
mod control;
mod cuts;
mod deadlines;
mod fragments;
mod headers;
mod limits;
mod masks;
mod messages;
mod output;
mod pair;
mod reading;
mod streaming;
mod utf8;
mod wire;
