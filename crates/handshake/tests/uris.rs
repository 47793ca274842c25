//! Valid and invalid WebSocket URIs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sockeye_handshake::{Authority, WebSocketUri};

/// URI, host, port, resource name, `Host` header.
const GOOD: &[(&str, &str, u16, &str, &str)] = &[
    ("ws://host", "host", 80, "/", "host"),
    ("wss://host", "host", 443, "/", "host"),
    ("WS://host/", "host", 80, "/", "host"),
    ("WsS://host/", "host", 443, "/", "host"),
    ("ws://HOST.Example/", "host.example", 80, "/", "host.example"),
    ("ws://host:80/", "host", 80, "/", "host"),
    ("ws://host:443/", "host", 443, "/", "host:443"),
    ("wss://host:443/", "host", 443, "/", "host"),
    ("wss://host:80/", "host", 80, "/", "host:80"),
    ("ws://host:1/", "host", 1, "/", "host:1"),
    ("ws://host:65535/", "host", 65535, "/", "host:65535"),
    ("ws://host:/", "host", 80, "/", "host"),
    ("ws://host:00080/", "host", 80, "/", "host"),
    ("ws://host:8080", "host", 8080, "/", "host:8080"),
    ("ws://host?q", "host", 80, "/?q", "host"),
    ("ws://host:81?q", "host", 81, "/?q", "host:81"),
    ("ws://host?", "host", 80, "/?", "host"),
    ("ws://host/?", "host", 80, "/?", "host"),
    ("ws://host//", "host", 80, "//", "host"),
    ("ws://host/a/../b", "host", 80, "/a/../b", "host"),
    ("ws://host/a?b?c", "host", 80, "/a?b?c", "host"),
    ("ws://host/?a=b&c=d;e", "host", 80, "/?a=b&c=d;e", "host"),
    ("ws://host/a@b:c", "host", 80, "/a@b:c", "host"),
    ("ws://host/?u=ws://other/", "host", 80, "/?u=ws://other/", "host"),
    ("ws://host/!$&'()*+,;=:@-._~", "host", 80, "/!$&'()*+,;=:@-._~", "host"),
    ("ws://host/[a]?b[]=1", "host", 80, "/[a]?b[]=1", "host"),
    ("ws://host/a b", "host", 80, "/a%20b", "host"),
    ("ws://host/a%20b", "host", 80, "/a%20b", "host"),
    ("ws://host/a%20b c", "host", 80, "/a%20b%20c", "host"),
    ("ws://host/%2f%2F", "host", 80, "/%2f%2F", "host"),
    ("ws://host/%00", "host", 80, "/%00", "host"),
    ("ws://host/\u{e9}", "host", 80, "/%C3%A9", "host"),
    ("ws://host/%C3%A9\u{e9}", "host", 80, "/%C3%A9%C3%A9", "host"),
    ("ws://host/?\u{1f41f}", "host", 80, "/?%F0%9F%90%9F", "host"),
    ("ws://host/a\tb", "host", 80, "/a%09b", "host"),
    ("ws://host/a\r\nX: y", "host", 80, "/a%0D%0AX:%20y", "host"),
    ("ws://host/\0x", "host", 80, "/%00x", "host"),
    ("ws://host/\u{7f}x", "host", 80, "/%7Fx", "host"),
    ("ws://host/\"<>\\^`{|}", "host", 80, "/%22%3C%3E%5C%5E%60%7B%7C%7D", "host"),
    ("ws://127.0.0.1/", "127.0.0.1", 80, "/", "127.0.0.1"),
    ("ws://255.255.255.255:9", "255.255.255.255", 9, "/", "255.255.255.255:9"),
    ("ws://0.0.0.0/", "0.0.0.0", 80, "/", "0.0.0.0"),
    ("ws://[::1]/", "::1", 80, "/", "[::1]"),
    ("ws://[::1]:8765/", "::1", 8765, "/", "[::1]:8765"),
    ("wss://[2001:DB8:0:0:0:0:0:1]", "2001:db8::1", 443, "/", "[2001:db8::1]"),
    ("ws://[::ffff:1.2.3.4]/", "::ffff:1.2.3.4", 80, "/", "[::ffff:1.2.3.4]"),
    ("ws://host.example./", "host.example.", 80, "/", "host.example"),
    ("ws://host_1.internal/", "host_1.internal", 80, "/", "host_1.internal"),
    ("ws://1host.example/", "1host.example", 80, "/", "1host.example"),
    ("ws://1.2.3.4.example/", "1.2.3.4.example", 80, "/", "1.2.3.4.example"),
    ("ws://xn--bcher-kva.example/", "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example"),
    ("ws://-host-/", "-host-", 80, "/", "-host-"),
    ("ws://me@host/", "host", 80, "/", "host"),
    ("ws://me:pw@host:81/", "host", 81, "/", "host:81"),
    ("ws://@host/", "host", 80, "/", "host"),
    ("ws://:pw@host/", "host", 80, "/", "host"),
    ("ws://me:@host/", "host", 80, "/", "host"),
    ("ws://me:a:b@host/", "host", 80, "/", "host"),
    ("ws://me:p%40%2f%3a@host/", "host", 80, "/", "host"),
    ("ws://localhost", "localhost", 80, "/", "localhost"),
    ("ws://a-b.c-d.example/", "a-b.c-d.example", 80, "/", "a-b.c-d.example"),
    ("ws://0x7f.example/", "0x7f.example", 80, "/", "0x7f.example"),
    ("ws://1e3.example/", "1e3.example", 80, "/", "1e3.example"),
    ("wss://host.:443/x", "host.", 443, "/x", "host"),
    ("ws://host.:81/", "host.", 81, "/", "host:81"),
    ("ws://XN--Bcher-KVA.Example./", "xn--bcher-kva.example.", 80, "/", "xn--bcher-kva.example"),
    ("wss://[::1]:443/", "::1", 443, "/", "[::1]"),
    ("wss://[::1]:80/", "::1", 80, "/", "[::1]:80"),
    ("ws://[::1]:/", "::1", 80, "/", "[::1]"),
    ("ws://[0:0:0:0:0:0:0:0]/", "::", 80, "/", "[::]"),
    ("ws://[::FFFF:127.0.0.1]/", "::ffff:127.0.0.1", 80, "/", "[::ffff:127.0.0.1]"),
    ("ws://[2001:db8::1]?q", "2001:db8::1", 80, "/?q", "[2001:db8::1]"),
    ("ws://127.0.0.1:80", "127.0.0.1", 80, "/", "127.0.0.1"),
    ("wss://127.0.0.1:80", "127.0.0.1", 80, "/", "127.0.0.1:80"),
    ("ws://host/%23", "host", 80, "/%23", "host"),
    ("ws://host/?%23=%3f", "host", 80, "/?%23=%3f", "host"),
    ("ws://host?a/b", "host", 80, "/?a/b", "host"),
    ("ws://host?/../x", "host", 80, "/?/../x", "host"),
    ("ws://host/..", "host", 80, "/..", "host"),
    ("ws://host/./a//b/", "host", 80, "/./a//b/", "host"),
    ("ws://host/?a=b c", "host", 80, "/?a=b%20c", "host"),
    ("ws://host/?\"=\"", "host", 80, "/?%22=%22", "host"),
    ("ws://host/\u{202e}x", "host", 80, "/%E2%80%AEx", "host"),
    ("ws://host/?x=\u{ff03}", "host", 80, "/?x=%EF%BC%83", "host"),
    ("ws://host/\u{85}x", "host", 80, "/%C2%85x", "host"),
    ("ws://host//other/", "host", 80, "//other/", "host"),
    ("ws://host/http://other/", "host", 80, "/http://other/", "host"),
    ("ws://me%40other:pw@host/", "host", 80, "/", "host"),
    ("ws://other%2f:pw@host/", "host", 80, "/", "host"),
    ("ws://me:80@host/", "host", 80, "/", "host"),
    ("ws://[::1]:80@host/", "host", 80, "/", "host"),
];

const BAD: &[&str] = &[
    "",
    " ",
    "host",
    "host:80",
    "/path",
    "//host/",
    "ws",
    "ws:",
    "ws:/",
    "ws:host",
    "ws:/host",
    "ws://",
    "ws:///",
    "ws:///path",
    "ws://?q",
    "ws://:80/",
    "ws://@/",
    "ws://me@/",
    "ws://me:pw@:80/",
    "http://host/",
    "https://host/",
    "wsx://host/",
    "ws+unix://host/",
    "://host",
    "ftp://host",
    "w s://host/",
    "\u{ff57}s://host/",
    " ws://host/",
    "ws://host/ ",
    "ws://host/\n",
    "\tws://host/",
    "ws://host/\u{a0}",
    "ws://ho st/",
    "ws://ho\tst/",
    "ws://ho\0st/",
    "ws://host\r\n/",
    "ws://ho%73t/",
    "ws://%00/",
    "ws://host%/",
    "ws://host\\path",
    "ws://host\\@other/",
    "ws://ho<st/",
    "ws://ho|st/",
    "ws://ho,st/",
    "ws://*/",
    "ws://*.host/",
    "ws://a..b/",
    "ws://.host/",
    "ws://host../",
    "ws://./",
    "ws://../",
    "ws://host:0/",
    "ws://host:65536/",
    "ws://host:99999/",
    "ws://host:000080/",
    "ws://host:-1/",
    "ws://host:+1/",
    "ws://host:1a/",
    "ws://host:a/",
    "ws://host: 80/",
    "ws://host:80 /",
    "ws://host:80:80/",
    "ws://host:0x50/",
    "ws://host:18446744073709551696/",
    "ws://host:\u{661}/",
    "ws://::1/",
    "ws://[::1/",
    "ws://::1]/",
    "ws://[]/",
    "ws://[::1]x/",
    "ws://[::1]80/",
    "ws://[::1]:x/",
    "ws://[fe80::1%25eth0]/",
    "ws://[fe80::1%eth0]/",
    "ws://[v1.x]/",
    "ws://[127.0.0.1]/",
    "ws://[host]/",
    "ws://[::12345]/",
    "ws://[1:2:3]/",
    "ws://[::1].",
    "ws://127.1/",
    "ws://127.0.1/",
    "ws://0x7f.1/",
    "ws://0x7f000001/",
    "ws://2130706433/",
    "ws://017700000001/",
    "ws://0177.0.0.1/",
    "ws://127.0.0.01/",
    "ws://127.0.0.1./",
    "ws://256.0.0.1/",
    "ws://1.2.3.4.5/",
    "ws://1.2.3/",
    "ws://host.0x1f/",
    "ws://host.1/",
    "ws://0x/",
    "ws://host/#",
    "ws://host/#frag",
    "ws://host#frag",
    "ws://host?q#frag",
    "ws://host/%",
    "ws://host/%2",
    "ws://host/%2g",
    "ws://host/?50%",
    "ws://host/%%20",
    "ws://me@you@host/",
    "ws://me:p@ss@host/",
    "ws://me:50%@host/",
    "ws://me:%ff@host/",
    "ws://m%3ae:pw@host/",
    "ws://m%0ae:pw@host/",
    "ws://me:p%00w@host/",
    "ws://me:p/w@host/",
    "ws://me:p?w@host/",
    "ws://me:p#w@host/",
    "wss//host/",
    "wss;//host/",
    "wss:\\\\host\\",
    "ws:\\/host/",
    "ws:////host/",
    "wss ://host/",
    "ws\0://host/",
    "ws://\u{2028}host/",
    "ws://host;other/",
    "ws://host&other/",
    "ws://host=other/",
    "ws://host+other/",
    "ws://host!/",
    "ws://host$/",
    "ws://ho'st/",
    "ws://ho\"st/",
    "ws://(host)/",
    "ws://{host}/",
    "ws://ho`st/",
    "ws://ho^st/",
    "ws://ho~st/",
    "ws://ho[st/",
    "ws://ho]st/",
    "ws://[::1]host/",
    "ws://[::1]:0/",
    "ws://[::1]:65536/",
    "ws://[::1%25]/",
    "ws://[::ffff:1.2.3]/",
    "ws://[::ffff:1.2.3.04]/",
    "ws://[1:2:3:4:5:6:7:8:9]/",
    "ws://[1::2::3]/",
    "ws://1/",
    "ws://0/",
    "ws://0x7f.0.0.1/",
    "ws://127.0.0.0x1/",
    "ws://1.2.3.4.5.6/",
    "ws://host.09/",
    "ws://127.0.0.1:80:/",
    "ws://host:8\u{ff10}/",
    "ws://host:80\\@other/",
    "ws://host:80#@other/",
    "ws://me\\:pw@host/",
    "ws://host/ #",
];

#[test]
fn good_uris_are_read() {
    for &(text, host, port, resource, header) in GOOD {
        let uri: WebSocketUri = text.parse().unwrap();
        assert_eq!((uri.host(), uri.port(), uri.resource()), (host, port, resource), "{text}");
        assert_eq!(uri.host_header(), header, "{text}");
        check_invariants(&uri);
    }
}

#[test]
fn bad_uris_are_refused_and_their_passwords_forgotten() {
    for text in BAD {
        let error = text.parse::<WebSocketUri>().unwrap_err();
        assert!(error.reason.is_some(), "{text}");
        assert!(!text.contains('@') || !error.to_string().contains("pw@"), "{text}");
    }
    let label = "a".repeat(64);
    assert!(format!("ws://{label}/").parse::<WebSocketUri>().is_err());
    assert!(format!("ws://{}/", ["a"; 128].join(".")).parse::<WebSocketUri>().is_err());
    assert!(format!("ws://{}/", &label[..63]).parse::<WebSocketUri>().is_ok());
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    for (text, expected) in [
        ("ws://host/", None),
        ("ws://@host/", None),
        ("ws://me@host/", Some(("me", None))),
        ("ws://me:@host/", Some(("me", Some("")))),
        ("ws://:secret@host/", Some(("", Some("secret")))),
        ("ws://me:secret@host/", Some(("me", Some("secret")))),
        ("ws://m%40e:s%3Ae%2fcret@host/", Some(("m@e", Some("s:e/cret")))),
        ("ws://me:a:secret@host/", Some(("me", Some("a:secret")))),
        ("ws://\u{e9}:%C3%A9 secret@host/", Some(("\u{e9}", Some("\u{e9} secret")))),
    ] {
        let uri: WebSocketUri = text.parse().unwrap();
        let found = uri.credentials().map(|found| (found.user(), found.password()));
        assert_eq!(found, expected, "{text}");
        let shown = format!("{uri} {uri:?} {:?}", uri.credentials());
        assert!(!shown.contains("cret") && !shown.contains('@'), "{shown}");
    }
}

#[test]
fn a_uri_of_the_crate_http_is_read() {
    let uri = http::Uri::from_static("wss://me:pw@host:81/a?b");
    let uri = WebSocketUri::try_from(uri).unwrap();
    assert_eq!((uri.to_string().as_str(), uri.is_secure()), ("wss://host:81/a?b", true));
    assert!(WebSocketUri::try_from(http::Uri::from_static("/path")).is_err());
    assert!(WebSocketUri::try_from(http::Uri::from_static("http://host/")).is_err());
}

#[cfg(not(feature = "idn"))]
#[test]
fn a_host_that_is_not_ascii_needs_the_feature() {
    for text in ["ws://b\u{fc}cher.example/", "ws://\u{1f41f}/", "ws://\u{ff11}27.0.0.1/"] {
        let error = text.parse::<WebSocketUri>().unwrap_err();
        assert!(error.reason.unwrap().contains("idn"));
    }
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let uri: WebSocketUri = "ws://me@host/a".parse().unwrap();
    for (other, same) in [
        ("ws://HOST:80/b", true),
        ("ws://host:81/a", false),
        ("wss://host:80/a", false),
        ("wss://host/a", false),
        ("ws://host./a", true),
        ("ws://Host.:80/a", true),
        ("ws://host.:81/a", false),
        ("ws://a.host/a", false),
    ] {
        assert_eq!(uri.same_origin(&other.parse().unwrap()), same, "{other}");
    }
}

/// Checks that the resolver, TLS, `Host` and a proxy receive the same host.
fn check_invariants(uri: &WebSocketUri) {
    let authority: Authority = uri.authority().parse().unwrap();
    let host: Authority = uri.host_header().parse().unwrap();
    assert_eq!((authority.host(), authority.port()), (uri.server_name(), Some(uri.port())));
    assert_eq!(host.host(), uri.server_name());
    assert_eq!(host.port().unwrap_or(if uri.is_secure() { 443 } else { 80 }), uri.port());
    assert_eq!(uri.host().trim_end_matches('.'), uri.server_name());
    assert!(uri.host().bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
    assert!(uri.resource().starts_with('/'));
    assert!(uri.resource().bytes().all(|b| b.is_ascii_graphic() && b != b'#'));
    assert_ne!(uri.port(), 0);
    // A URI that is written and read again is the same except for the credentials.
    let again: WebSocketUri = uri.to_string().parse().unwrap();
    assert_eq!(again.with_credentials(uri.credentials().cloned()), *uri);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = text.parse::<WebSocketUri>();
    }

    #[test]
    fn whatever_is_read_keeps_the_invariants(text in "wss?://([a-z:%0-9]{0,9}@)?[a-zA-Z0-9.:\\[\\]_-]{1,20}(:[0-9]{0,6})?(/.*)?") {
        if let Ok(uri) = text.parse::<WebSocketUri>() {
            check_invariants(&uri);
        }
    }

    #[test]
    fn whatever_a_redirect_leads_to_keeps_the_invariants(location in "(https?:|wss?:)?(//)?[a-z.:/?\\\\@% -]{0,20}") {
        let base: WebSocketUri = "wss://me:pw@host.example/a/b?c".parse().unwrap();
        if let Ok(uri) = base.join(&location) {
            check_invariants(&uri);
            prop_assert!(uri.same_origin(&base) || uri.credentials() != base.credentials());
        }
    }
}
