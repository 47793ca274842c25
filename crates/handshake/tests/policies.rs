//! The origins, hosts and subprotocols that a server admits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;

use sockeye_errors::InvalidOrigin;
use sockeye_handshake::{
    Origins, Rejection, Request, ServerOptions, Subprotocols, ValidRequest, status_for,
};

fn verdict(policy: &Origins, secure: Option<bool>, host: &str, origins: &[&str]) -> u16 {
    let lines = origins.iter().map(|origin| format!("Origin: {origin}\r\n"));
    let lines = lines.collect::<Vec<_>>().concat();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    );
    let Ok(request) = Request::parse(request.as_bytes()) else { return 0 };
    let mut options = ServerOptions::default();
    options.origins = policy.clone();
    options.secure = secure;
    ValidRequest::from_request(&request, &options)
        .map_or_else(|error| status_for(&error).as_u16(), |_| 101)
}

#[test]
fn the_same_origin_is_scheme_host_and_port() {
    const TLS: Option<bool> = Some(true);
    const PLAIN: Option<bool> = Some(false);
    let same = Origins::default();
    for (secure, host, origin, status) in [
        (TLS, "good.com", "https://good.com", 101),
        (TLS, "good.com", "https://good.com:443", 101),
        (TLS, "good.com:443", "https://good.com", 101),
        (TLS, "GOOD.com", "https://good.com", 101),
        (TLS, "good.com", "HTTPS://Good.COM", 101),
        (TLS, "good.com:8443", "https://good.com:8443", 101),
        (PLAIN, "good.com", "http://good.com", 101),
        (PLAIN, "good.com:80", "http://good.com", 101),
        (PLAIN, "localhost:8080", "http://localhost:8080", 101),
        (PLAIN, "[::1]:8080", "http://[::1]:8080", 101),
        (PLAIN, "[::1]", "http://[0:0:0:0:0:0:0:1]", 101),
        (None, "good.com", "https://good.com", 101),
        (None, "good.com", "http://good.com", 101),
        (None, "good.com:8080", "https://good.com:8080", 101),
        (TLS, "good.com", "http://good.com", 403),
        (TLS, "good.com", "http://good.com:443", 403),
        (PLAIN, "good.com", "https://good.com", 403),
        (None, "good.com:80", "https://good.com", 403),
        (None, "good.com:443", "http://good.com", 403),
        (None, "good.com", "ftp://good.com", 403),
        (TLS, "good.com", "https://good.com:444", 403),
        (TLS, "good.com:8443", "https://good.com", 403),
        (TLS, "good.com", "https://good.com.evil.com", 403),
        (TLS, "good.com", "https://evilgood.com", 403),
        (TLS, "good.com", "https://evil.good.com", 403),
        (TLS, "good.com", "https://com", 403),
        (TLS, "good.com", "https://good.com.", 101),
        (TLS, "good.com.", "https://good.com", 101),
        (TLS, "good.com.:443", "https://GOOD.com.", 101),
        (TLS, "good.com", "https://good.com..", 403),
        (TLS, "good.com", "https://good.com/", 403),
        (TLS, "good.com", "https://good.com/path", 403),
        (TLS, "good.com", "https://good.com?q", 403),
        (TLS, "good.com", "https://good.com#f", 403),
        (TLS, "good.com", "https://me@good.com", 403),
        (TLS, "good.com", "https://good.com@evil.com", 403),
        (TLS, "good.com", "https://good.com:443:443", 403),
        (TLS, "good.com", "https://good.com:0", 403),
        (TLS, "good.com", "https:good.com", 403),
        (TLS, "good.com", "https:/good.com", 403),
        (TLS, "good.com", "//good.com", 403),
        (TLS, "good.com", "good.com", 403),
        (TLS, "good.com", "null", 403),
        (TLS, "good.com", "NULL", 403),
        (TLS, "good.com", "", 403),
        (TLS, "good.com", "*", 403),
        (TLS, "good.com", "https://*", 403),
        (TLS, "good.com", "https://good.com https://good.com", 403),
        (TLS, "good.com", "https://good.com, https://good.com", 403),
        (TLS, "good.com", "https://g\u{43e}\u{43e}d.com", 403),
        (TLS, "good.com", "https://xn--gd-jbaa.com", 403),
        (TLS, "good.com", "https://good%2ecom", 403),
        (PLAIN, "127.0.0.1", "http://127.1", 403),
        (PLAIN, "127.0.0.1", "http://localhost", 403),
        (PLAIN, "[::1]", "http://::1", 403),
        (TLS, "good.com", "https://good.com\n", 0),
        (TLS, "good.com", "https://good.com\r", 0),
    ] {
        assert_eq!(verdict(&same, secure, host, &[origin]), status, "{secure:?} {host} {origin}");
    }
}

#[test]
fn a_list_is_exact() {
    let list = Origins::list(["https://good.com", "http://localhost:3000", "app://obsidian.md"]);
    let list = list.unwrap();
    for (origin, status) in [
        ("https://good.com", 101),
        ("https://good.com:443", 101),
        ("HTTPS://GOOD.COM", 101),
        ("https://good.com.", 101),
        ("http://localhost:3000", 101),
        ("app://obsidian.md", 101),
        ("https://server", 403),
        ("http://good.com", 403),
        ("https://good.com:8443", 403),
        ("https://good.com.evil.com", 403),
        ("https://evilgood.com", 403),
        ("http://localhost", 403),
        ("app://obsidian.md:1", 403),
        ("null", 403),
    ] {
        assert_eq!(verdict(&list, None, "server", &[origin]), status, "{origin}");
    }
    assert_eq!(verdict(&list, None, "server", &[]), 101);
    assert_eq!(verdict(&list.require(), None, "server", &[]), 403);
    assert_eq!(verdict(&Origins::list(["null"]).unwrap(), None, "server", &["null"]), 101);
    for bad in
        ["", "*", "good.com", "https://good.com/", "https://*.good.com", "https://a, https://b"]
    {
        assert_eq!(Origins::list([bad]), Err(InvalidOrigin::format(bad)));
    }
}

#[test]
fn a_rejected_origin_is_reported_with_the_value_that_it_was_compared_with() {
    let reports = |origins: Origins, secure: Option<bool>| {
        let mut options = ServerOptions::default();
        (options.origins, options.secure) = (origins, secure);
        let request = asking("Origin: https://evil.example\r\n");
        let error = ValidRequest::from_request(&request, &options).unwrap_err();
        let body = String::from_utf8(Rejection::from(&error).body).unwrap();
        (error.source().unwrap().to_string(), body)
    };
    for (secure, own) in [
        (None, "server.example.com"),
        (Some(true), "https://server.example.com"),
        (Some(false), "http://server.example.com"),
    ] {
        let (report, body) = reports(Origins::same(), secure);
        let why =
            format!("it is not the server's own, which is {own} according to the Host header");
        assert_eq!(report, why);
        assert!(body.ends_with(&format!("Invalid origin: https://evil.example: {why}\n")));
    }
    let (report, body) = reports(Origins::list(["https://a", "null"]).unwrap(), None);
    assert_eq!(report, "it is none of the admitted ones: https://a, null");
    assert!(body.ends_with("Invalid origin: https://evil.example: it is not admitted\n"));
}

#[test]
fn there_is_at_most_one_origin() {
    for policy in [Origins::same(), Origins::any(), Origins::list(["http://a"]).unwrap()] {
        assert_eq!(verdict(&policy, None, "a", &["http://a", "http://a"]), 400);
        assert_eq!(verdict(&policy, None, "a", &[]), 101);
        assert_eq!(verdict(&policy.require(), None, "a", &[]), 403);
    }
}

#[test]
fn any_origin_is_any() {
    for origin in ["https://evil.com", "null", "garbage", ""] {
        assert_eq!(verdict(&Origins::any(), None, "a", &[origin]), 101);
    }
}

#[test]
fn a_host_that_is_not_ours() {
    let request = asking("");
    for (allowed, secure, expected) in [
        (&["server.example.com"][..], None, 101),
        (&["other", "Server.Example.com"], None, 101),
        (&["server.example.com:80"], Some(false), 101),
        (&["server.example.com:80"], Some(true), 403),
        (&["server.example.com:80"], None, 101),
        (&["server.example.com:443"], None, 101),
        (&["server.example.com:8080"], None, 403),
        (&["SERVER.example.com.:80"], Some(false), 101),
        (&["example.com"], None, 403),
        (&[], None, 403),
    ] {
        let mut options = ServerOptions::default();
        options.origins = Origins::any();
        options.secure = secure;
        options.allowed_hosts = Some(allowed.iter().map(|host| host.parse().unwrap()).collect());
        let found = ValidRequest::from_request(&request, &options)
            .map_or_else(|error| status_for(&error).as_u16(), |_| 101);
        assert_eq!(found, expected, "{allowed:?}");
    }
}

#[test]
fn a_subprotocol_is_required_or_not() {
    let mut options = ServerOptions::default();
    let none = asking("");
    let other = asking("Sec-WebSocket-Protocol: other, another\r\n");
    assert_eq!(ValidRequest::from_request(&other, &options).unwrap().subprotocol, None);
    options.subprotocols = Subprotocols::new(["chat", "another"]).unwrap();
    assert_eq!(
        ValidRequest::from_request(&other, &options).unwrap().subprotocol.as_deref(),
        Some("another")
    );
    assert!(ValidRequest::from_request(&none, &options).is_err());
    options.require_subprotocol = false;
    assert_eq!(ValidRequest::from_request(&none, &options).unwrap().subprotocol, None);
}

fn asking(headers: &str) -> Request {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    );
    Request::parse(request.as_bytes()).unwrap()
}
