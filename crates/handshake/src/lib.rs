#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod uri;
pub use uri::{WebSocketUri, redirect_location};

mod request;
pub use request::Request;

mod response;
pub use response::Response;

mod key;
pub use key::{GUID, Key, accept_for};

mod subprotocol;
pub use subprotocol::Subprotocols;

mod extension;
pub use extension::Extension;

mod client;
pub use client::{ClientHandshake, ClientOptions, Negotiated};

mod server;
pub use server::{
    Origins, Rejection, ServerHandshake, ServerOptions, ValidRequest, add_header, status_for,
};

pub mod http1;
pub use http1::{Authority, Credentials, Limits};

mod idn;
mod target;
