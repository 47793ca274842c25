//! Connections after a handshake that the application has performed with the types of `http`.

use http::HeaderValue;
use sockeye::{
    DeflateConfig, Response,
    connection::{Established, Io, Runtime, WebSocket},
    protocol::Role,
};

use super::{Scenario, converse, on_each_runtime, parts, request, upgrade_request, with_offer};

/// The response to an offer of compression.
fn response(extensions: &'static str) -> Response {
    let mut response = http::Response::new(());
    *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("sec-websocket-extensions", HeaderValue::from_static(extensions));
    Response::from(&response.into_parts().0)
}

fn established(role: Role, extensions: &'static str) -> Established {
    Established::new(role, request(&parts(with_offer(upgrade_request()))), response(extensions))
}

/// The response that a server with the default configuration gives.
const ANSWER: &str = "permessage-deflate; client_max_window_bits=12";

struct BothRoles;

impl Scenario for BothRoles {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) {
        let open = |role, stream| {
            let established = established(role, ANSWER).compression(DeflateConfig::default());
            WebSocket::<S, R>::from_upgraded(stream, established.expect("agreed"), Vec::new())
        };
        let (client, server) = (open(Role::Client, near), open(Role::Server, far));
        assert!(client.is_compressed() && server.is_compressed());
        assert_eq!(client.response().status(), 101);
        converse(client, server).await;
    }
}

#[test]
fn both_roles_open_a_compressed_connection() {
    on_each_runtime(&BothRoles);
}

#[test]
fn a_response_without_extensions_is_valid() {
    for role in [Role::Client, Role::Server] {
        let (response, ()) = http::Response::new(()).into_parts();
        let request = request(&parts(with_offer(upgrade_request())));
        let established = Established::new(role, request, Response::from(&response));
        established.compression(DeflateConfig::default()).expect("no compression");
    }
}

#[test]
fn a_response_that_does_not_follow_from_the_offer_is_an_error() {
    let wrong = [
        "x-unknown",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate, permessage-deflate",
        "a b",
    ];
    for role in [Role::Client, Role::Server] {
        for extensions in wrong {
            let established = established(role, extensions).compression(DeflateConfig::default());
            established.expect_err(extensions);
        }
    }
    // A client adapts to the response. A server must have sent this one.
    let other = "permessage-deflate; server_max_window_bits=11; client_max_window_bits=12";
    established(Role::Client, other).compression(DeflateConfig::default()).expect("granted");
    established(Role::Server, other).compression(DeflateConfig::default()).expect_err("not ours");
}
