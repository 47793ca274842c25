//! Values of the application cannot add lines to a request, and values that cannot be sent are rejected:
//! [RFC 9110 §5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5).

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use http::{HeaderValue, StatusCode};
use sockeye::{
    Error,
    client::{Connect, Credentials, Dial},
    connection::{Sockets, Stream, WebSocket},
    error::HandshakeError,
    server::Rejection,
};
use sockeye_tests::{Sim, Tap, run, spawn};

/// A server, or a proxy, that closes each connection at once, and what it received on each.
struct Wire {
    port: u16,
    taps: Arc<Mutex<Vec<Tap>>>,
}

impl Wire {
    fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
        let port = socket.local_addr().expect("it has an address").port();
        let listener = Sim::listen_tcp(socket).expect("the port is free");
        let taps = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&taps);
        drop(spawn(async move {
            while let Ok((stream, _)) = Sim::accept_tcp(&listener).await {
                stream.written().end();
                log.lock().expect("nobody panicked").push(stream.read());
            }
        }));
        Self { port, taps }
    }

    /// Returns the bytes that are sent to connect, or `None` if no connection is opened.
    async fn of(&self, connect: Connect<Sim, Dial>) -> Option<String> {
        assert!(connect.await.is_err(), "nobody answers");
        let taps = std::mem::take(&mut *self.taps.lock().expect("nobody panicked"));
        let sent: Vec<Vec<u8>> = taps.iter().map(Tap::log).collect();
        assert!(sent.len() <= 1, "{sent:?}");
        // One character for each byte.
        sent.first().map(|bytes| bytes.iter().copied().map(char::from).collect())
    }
}

/// Texts with each byte in each place, and with line ends of all kinds.
fn texts() -> Vec<String> {
    let bytes = (0..=u8::MAX).map(char::from);
    let mut texts: Vec<String> = bytes
        .flat_map(|c| [format!("{c}"), format!("a{c}b"), format!("{c}a"), format!("a{c}")])
        .collect();
    texts.extend(
        [
            "",
            "\r\n",
            "a\r\nx-evil: y",
            "a\nx-evil: y",
            "a\rx-evil: y",
            "a\r\n\r\nGET /evil HTTP/1.1\r\nx-evil: y",
            "a\r\n x-evil: y",
            "a HTTP/1.1\r\nx-evil: y",
            "%0d%0ax-evil: y",
            "%0D%0Ax-evil:%20y",
            "\u{560d}\u{560a}x-evil: y",
            "\u{2028}x-evil: y",
            "a, b",
            "a; b=\"c\"",
            "a@b",
            "a:b@c/d?e#f",
            "[::1]",
            "../..",
        ]
        .map(str::to_owned),
    );
    texts
}

/// Checks that it is one head of so many lines, and perhaps one for user and password; each of them a header but for the
/// first one.
fn check(head: &str, method: &str, lines: usize, text: &str) {
    let body = head.strip_suffix("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}: {head:?}"));
    let all: Vec<&str> = body.split("\r\n").collect();
    let logins = all.iter().filter(|line| line.to_lowercase().contains("authorization: basic "));
    let logins = logins.count();
    assert!(logins <= 1 && all.len() == lines + logins, "{text:?}: {head:?}");
    assert!(!all.iter().any(|line| line.contains(['\r', '\n', '\0'])), "{text:?}: {head:?}");
    let start: Vec<&str> = all[0].split(' ').collect();
    assert_eq!((start.len(), start[0], start[2]), (3, method, "HTTP/1.1"), "{text:?}: {head:?}");
    for line in &all[1..] {
        let (name, _) = line.split_once(": ").unwrap_or_else(|| panic!("{text:?}: {head:?}"));
        assert!(name != "x-evil" && !name.contains(' '), "{text:?}: {head:?}");
    }
}

/// A client that says a text in some place, if the types let it.
type Say = fn(&str, u16) -> Option<Connect<Sim, Dial>>;

/// The values of an application that go into a request, and the number of lines of its head without user and password.
const FIELDS: [(&str, usize, Say); 13] = [
    ("value", 7, |text, port| Some(plain(port).header("x-field", text))),
    ("secret value", 7, |text, port| {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(plain(port).header("x-field", value))
    }),
    ("bytes of a value", 7, |text, port| {
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        Some(plain(port).header("x-field", bytes?))
    }),
    ("name", 7, |text, port| Some(plain(port).header(text, "value"))),
    ("subprotocol", 7, |text, port| Some(plain(port).subprotocols([text]))),
    ("origin", 7, |text, port| Some(plain(port).origin(text))),
    ("user agent", 7, |text, port| Some(plain(port).user_agent(text.to_owned()))),
    ("user", 6, |text, port| Some(plain(port).basic_auth(Credentials::new(text, "").ok()?))),
    ("password", 6, |text, port| Some(plain(port).basic_auth(Credentials::new("", text).ok()?))),
    ("path", 6, |text, port| Some(to(&format!("ws://host:{port}/{text}")))),
    ("query", 6, |text, port| Some(to(&format!("ws://host:{port}/?{text}")))),
    ("host", 6, |text, port| Some(to(&format!("ws://{text}:{port}/")))),
    // It is connected to, and not told.
    ("address", 6, |text, port| Some(to("ws://host/").address(text, port))),
];

/// The values of an application that go into the request to a proxy.
const PROXY_FIELDS: [(&str, Say); 6] = [
    ("user", |text, port| Some(plain(port).proxy(format!("http://{text}:pw@proxy:{port}")))),
    ("password", |text, port| Some(plain(port).proxy(format!("http://me:{text}@proxy:{port}")))),
    ("proxy", |text, port| Some(plain(port).proxy(format!("http://{text}:{port}")))),
    ("rest", |text, port| Some(plain(port).proxy(format!("http://proxy:{port}{text}")))),
    ("host", |text, port| {
        Some(to(&format!("ws://a{text}b:{port}/")).proxy(format!("http://proxy:{port}")))
    }),
    ("address", |text, port| {
        Some(plain(port).address(text, port).proxy(format!("http://proxy:{port}")))
    }),
];

fn to(uri: &str) -> Connect<Sim, Dial> {
    sockeye::client::connect::<Sim, _>(uri).user_agent(None).no_proxy()
}

fn plain(port: u16) -> Connect<Sim, Dial> {
    to(&format!("ws://host:{port}/"))
}

#[test]
fn nothing_that_an_application_says_gets_out_of_its_place() {
    for (field, lines, connect) in FIELDS {
        let mut sent = 0;
        for text in texts() {
            let head = run(async {
                let wire = Wire::new();
                wire.of(connect(&text, wire.port)?).await
            });
            // Otherwise the value was rejected, and no connection was opened.
            let Some(head) = head else { continue };
            sent += 1;
            check(&head, "GET", lines, &text);
        }
        assert!(sent > 100, "{field}: {sent}");
    }
}

#[test]
fn nothing_that_an_application_says_of_a_proxy_gets_out_of_its_place() {
    for (field, connect) in PROXY_FIELDS {
        let mut sent = 0;
        for text in texts() {
            let head = run(async {
                let wire = Wire::new();
                wire.of(connect(&text, wire.port)?).await
            });
            let Some(head) = head else { continue };
            sent += 1;
            check(&head, "CONNECT", 2, &text);
        }
        assert!(sent > 0, "{field}: {sent}");
    }
}

#[test]
fn nothing_that_a_server_refuses_with_gets_out_of_its_place() {
    let mut sent = 0;
    for text in texts() {
        // One byte for each character, as far as there is one.
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        let bytes = bytes.unwrap_or_else(|| text.clone().into_bytes());
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
        let body = bytes.clone();
        let error = run(async {
            let handle = |_: WebSocket<Stream<Sim>, Sim>| async { Ok(()) };
            let serve = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", handle);
            let serve = serve.on_request(move |_| {
                let mut rejection = Rejection::new(StatusCode::FORBIDDEN, body.clone());
                rejection.headers.insert("x-field", value.clone());
                rejection.into()
            });
            let server = serve.await.expect("it listens");
            plain(server.local_addr().port()).await.map(drop)
        });
        let error = error.expect_err("the server refuses");
        let Error::Handshake(HandshakeError::InvalidStatus(error)) = error else {
            panic!("{text:?}: {error:?}");
        };
        // A value that cannot be sent is left out.
        if error.status_code == StatusCode::INTERNAL_SERVER_ERROR {
            assert_eq!((error.headers.len(), &*error.body), (3, &b""[..]), "{text:?}");
            continue;
        }
        sent += 1;
        assert_eq!(
            (error.status_code, error.headers.len()),
            (StatusCode::FORBIDDEN, 4),
            "{text:?}"
        );
        assert_eq!((error.headers["x-field"].as_bytes(), &*error.body), (&*bytes, &*bytes));
    }
    assert!(sent > 500, "{sent}");
}
