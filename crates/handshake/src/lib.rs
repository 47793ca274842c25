#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod uri;
pub use uri::WebSocketUri;

mod host;
pub use host::Authority;

mod credentials;
pub use credentials::Credentials;

mod redirect;
pub use redirect::location;

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

mod limits;
pub use limits::Limits;

mod client_options;
pub use client_options::ClientOptions;

mod client;
pub use client::{Accepted, ClientHandshake};

mod server;
pub use server::{
    Checked, Origins, Rejection, ServerHandshake, ServerOptions, ValidRequest, add_header, check,
    status_for, usual_headers,
};

mod body;
mod field;
mod fields;
mod head;
mod idn;
mod list;
mod reader;
mod redaction;
mod resource;
mod target;
mod token;
mod writer;
