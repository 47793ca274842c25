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
    Checked, Origins, Rejection, ServerHandshake, ServerOptions, ValidRequest, check, status_for,
};

pub mod http1;
pub use http1::{Authority, Credentials, Limits};

mod idn;
mod target;

// Former names, until their users have moved.
#[doc(hidden)]
pub use client::Negotiated as Accepted;
#[doc(hidden)]
pub use uri::redirect_location as location;

#[doc(hidden)]
pub use server::{add_header as insert_header, default_headers};

#[doc(hidden)]
pub fn usual_headers() -> std::sync::Arc<http::HeaderMap> {
    std::sync::Arc::new(default_headers())
}

#[doc(hidden)]
#[expect(clippy::missing_errors_doc, reason = "it goes")]
pub fn add_header(
    headers: &mut std::sync::Arc<http::HeaderMap>,
    name: http::HeaderName,
    value: http::HeaderValue,
) -> Result<(), sockeye_errors::InvalidHeader> {
    server::add_header(std::sync::Arc::make_mut(headers), name, value)
}
