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

mod origin;
pub use origin::Origins;

mod limits;
pub use limits::Limits;

mod client_options;
pub use client_options::ClientOptions;

mod client;
pub use client::{Accepted, ClientHandshake};

mod server;
pub use server::ServerHandshake;

mod check;
pub use check::{Checked, ServerOptions, check};

mod rejection;
pub use rejection::{Rejection, status_for};

mod additions;
pub use additions::{add_header, usual_headers};

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
