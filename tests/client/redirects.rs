//! Redirects: [RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4).

use std::{
    io::{self, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::channel,
    },
    time::Duration,
};

use http::HeaderValue;
use sockeye::{
    Error,
    connection::Sockets,
    error::{HandshakeError, HeaderErrorKind, SecurityError},
    rustls::{ServerConnection, StreamOwned},
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    test_ca::Authority,
    test_servers::{answering, answering_with, listen, read_head},
};

use crate::tls::sockeye_answer;

fn redirect(status: u16, location: &str) -> String {
    // The body never comes.
    format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 1000000000\r\n\r\n"
    )
}

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

#[derive(Clone)]
struct Followed;

impl Scenario for Followed {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let http = uri("http", &server);
        for status in [301, 302, 303, 307, 308] {
            for location in [&uri("ws", &server), &http, &format!("{http}x?y#z")] {
                let (port, _) = answering(redirect(status, location));
                let ws = sockeye::client::connect::<R, _>(format!("ws://localhost:{port}/a")).await;
                let ws = ws.expect("the redirect is followed");
                let host = format!("localhost:{}", server.local_addr().port());
                assert_eq!(ws.request().headers().get("host"), Some(&host.parse().expect("it is")));
                converse(ws).await;
            }
        }
    }
}

#[test]
fn five_kinds_of_redirects_are_followed_and_their_bodies_not_read() {
    everywhere(Followed);
}

#[derive(Clone)]
struct Secrets;

impl Scenario for Secrets {
    async fn run<R: Sockets>(self) {
        // Redirects the first request to itself, and the second one to another origin.
        for (is_same_origin, path) in [(true, "/second"), (false, "")] {
            let (last, heads) = answering(NOT_FOUND);
            let (first, here) = answering_with(move |head, port| {
                if !head.starts_with("GET / ") {
                    return NOT_FOUND.to_owned();
                }
                let port = if is_same_origin { port } else { last };
                redirect(302, &format!("ws://localhost:{port}{path}"))
            });
            let mut token = HeaderValue::from_static("hunter2");
            token.set_sensitive(true);
            let connect =
                sockeye::client::connect::<R, _>(format!("ws://me:hunter2@localhost:{first}/"))
                    .header("cookie", "a=hunter2")
                    .header("proxy-authorization", "hunter2")
                    .header("x-api-key", token)
                    .header("x-public", "yes");
            let error = connect.await.map(drop).expect_err("the last answer is 404");
            assert_eq!(error.status_code().map(|code| code.as_u16()), Some(404));
            let told = here.recv().expect("the first request");
            assert_eq!(told.matches("hunter2").count(), 3, "{told}");
            assert!(told.contains("Authorization: Basic "), "{told}");
            let told = if is_same_origin { here.recv() } else { heads.recv() };
            let told = told.expect("the second request");
            assert!(told.to_lowercase().contains("x-public: yes"), "{told}");
            assert_eq!(told.contains("hunter2"), is_same_origin, "{told}");
            assert_eq!(told.contains("Authorization: Basic "), is_same_origin, "{told}");
        }
    }
}

#[test]
fn another_origin_learns_no_secrets_and_the_same_one_learns_all() {
    everywhere(Secrets);
}

#[derive(Clone)]
struct Limits;

impl Scenario for Limits {
    async fn run<R: Sockets>(self) {
        // A loop: the limit ends it.
        let (port, heads) = answering(redirect(307, "/again"));
        let error =
            sockeye::client::connect::<R, _>(format!("ws://localhost:{port}/")).await.map(drop);
        let Err(Error::Handshake(HandshakeError::Security(error))) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error, SecurityError::TooManyRedirects { max: 5 });
        assert_eq!(heads.try_iter().count(), 6);
        // Without redirects, they are refusals like others.
        let (port, _) = answering(redirect(302, "/again").replace("1000000000", "0"));
        let connect =
            sockeye::client::connect::<R, _>(format!("ws://localhost:{port}/")).redirects(0);
        let error = connect.await.map(drop).expect_err("a redirect");
        assert_eq!(error.status_code().map(|code| code.as_u16()), Some(302));
    }
}

#[test]
fn a_loop_ends_at_the_limit() {
    everywhere(Limits);
}

/// How the redirects of a server end.
#[derive(Debug)]
enum Ending {
    /// With 404, and this resource name in the last request.
    At(&'static str),
    /// With the status of the redirect, which leads nowhere.
    Status(u16),
    InvalidUri,
    InvalidHeader(HeaderErrorKind),
    TooMany,
    /// The head of the answer is over a limit.
    TooLong,
}
use Ending::{At, InvalidHeader, InvalidUri, Status, TooLong, TooMany};

impl Ending {
    fn is(&self, error: &Error, last: &str) -> bool {
        let status = error.status_code().map(|code| code.as_u16());
        match (self, error) {
            (At(resource), Error::Handshake(HandshakeError::InvalidStatus(_))) => {
                status == Some(404) && last.starts_with(&format!("GET {resource} HTTP/1.1\r\n"))
            }
            (Status(code), Error::Handshake(HandshakeError::InvalidStatus(_))) => {
                status == Some(*code)
            }
            (InvalidUri, Error::InvalidUri(_)) => true,
            (InvalidHeader(problem), Error::Handshake(HandshakeError::InvalidHeader(error))) => {
                error.name == "Location" && error.kind == *problem
            }
            (TooMany, Error::Handshake(HandshakeError::Security(error))) => {
                *error == SecurityError::TooManyRedirects { max: 5 }
            }
            (TooLong, Error::Handshake(HandshakeError::Security(error))) => {
                matches!(error, SecurityError::HeaderLineTooLong { .. })
            }
            _ => false,
        }
    }
}

/// The answer of a server to the first request, for `/a/b?c`, and how it ends; others are answered with 404, but for those
/// that end with `again`. `PORT` is that of the server.
fn endings() -> Vec<(Vec<u8>, Ending)> {
    let mut table: Vec<(Vec<u8>, Ending)> = Vec::new();
    for (location, ending) in [
        // Relative to the first request.
        ("/", At("/")),
        ("/x", At("/x")),
        ("x", At("/a/x")),
        ("./x", At("/a/x")),
        ("../x", At("/x")),
        ("../../../x", At("/x")),
        ("x/./y/../z", At("/a/x/z")),
        ("?x", At("/a/b?x")),
        ("x?y=/../z", At("/a/x?y=/../z")),
        ("/x#fragment", At("/x")),
        ("x:1/..", InvalidUri),
        ("//localhost:PORT", At("/")),
        ("//localhost:PORT?x", At("/?x")),
        ("//LOCALHOST:PORT/x", At("/x")),
        ("ws://localhost:PORT/x", At("/x")),
        ("http://localhost:PORT/x", At("/x")),
        ("hTTp://localhost:PORT/x#y", At("/x")),
        ("http://you:yours@localhost:PORT/x", At("/x")),
        ("http://127.0.0.1:PORT/x", At("/x")),
        // Characters that a request cannot contain are percent-encoded, and none is encoded twice.
        ("/a b", At("/a%20b")),
        ("/a%20b", At("/a%20b")),
        ("/a\tb", At("/a%09b")),
        ("/caf\u{e9}", At("/caf%C3%A9")),
        ("/\\127.0.0.1/", At("/%5C127.0.0.1/")),
        // Around and around.
        ("", TooMany),
        ("#", TooMany),
        ("b?c", TooMany),
        ("/again", TooMany),
        ("/a/b?c", TooMany),
        // Nowhere.
        ("ftp://localhost:PORT/", InvalidUri),
        ("javascript:alert(1)", InvalidUri),
        ("data:,x", InvalidUri),
        ("file:///etc/passwd", InvalidUri),
        ("localhost:PORT/x", InvalidUri),
        ("http:x", InvalidUri),
        ("http:/x", InvalidUri),
        ("http://", InvalidUri),
        ("ws:///x", InvalidUri),
        ("//", InvalidUri),
        ("//:PORT/", InvalidUri),
        ("ws://localhost:0/", InvalidUri),
        ("ws://localhost:65536/", InvalidUri),
        ("//[::1%25eth0]/", InvalidUri),
        ("//127.1:PORT/", InvalidUri),
        ("//2130706433:PORT/", InvalidUri),
        ("//me@you@localhost:PORT/", InvalidUri),
        ("//localhost\\@localhost:PORT/", InvalidUri),
        ("/50%", InvalidUri),
        ("/%zz", InvalidUri),
    ] {
        table.push((redirect(302, location).into_bytes(), ending));
    }
    let answer = |start: &str| format!("HTTP/1.1 {start}Content-Length: 0\r\n\r\n").into_bytes();
    table.extend([
        (answer("302 Found\r\n"), Status(302)),
        (answer("302 Found\r\nContent-Location: /x\r\nRefresh: 0; /x\r\n"), Status(302)),
        (answer("302 Found\r\nLOCATION: /x\r\n"), At("/x")),
        (answer("302 Found\r\nLocation:/x \t\r\n"), At("/x")),
        (
            answer("302 Found\r\nLocation: /x\r\nLocation: /y\r\n"),
            InvalidHeader(HeaderErrorKind::Duplicate),
        ),
        (
            answer("302 Found\r\nLocation: /x\r\nLocation: /x\r\n"),
            InvalidHeader(HeaderErrorKind::Duplicate),
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9\r\nContent-Length: 0\r\n\r\n".to_vec(),
            InvalidHeader(HeaderErrorKind::Format),
        ),
        (answer(&format!("302 Found\r\nLocation: /{}\r\n", "x".repeat(17_000))), TooLong),
        (answer("100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n"), At("/x")),
        // These responses are no redirects, with or without `Location`.
        (answer("200 OK\r\nLocation: /x\r\n"), Status(200)),
        (answer("201 Created\r\nLocation: /x\r\n"), Status(201)),
        (answer("300 Choose\r\nLocation: /x\r\n"), Status(300)),
        (answer("304 Same\r\nLocation: /x\r\n"), Status(304)),
        (answer("305 Use Proxy\r\nLocation: http://127.0.0.1:1/\r\n"), Status(305)),
        (answer("306 Unused\r\nLocation: /x\r\n"), Status(306)),
        (answer("399 Odd\r\nLocation: /x\r\n"), Status(399)),
        (answer("401 Who?\r\nLocation: /x\r\n"), Status(401)),
        (answer("503 Later\r\nLocation: /x\r\n"), Status(503)),
    ]);
    for status in [301, 302, 303, 307, 308] {
        table.push((redirect(status, "/x").into_bytes(), At("/x")));
    }
    table
}

#[derive(Clone)]
struct Endings;

impl Scenario for Endings {
    async fn run<R: Sockets>(self) {
        for (answer, ending) in endings() {
            let shown = String::from_utf8_lossy(&answer).into_owned();
            let (heads, received) = channel();
            let heads = Mutex::new(heads);
            let port = listen(move |mut stream| {
                let head = read_head(&mut stream)?;
                let port = stream.local_addr()?.port();
                let resource = head.split(' ').nth(1).unwrap_or_default();
                let is_first = resource == "/a/b?c" || resource.ends_with("again");
                let _ = heads.lock().expect("nobody panicked").send(head);
                let answer = if is_first { with_port(&answer, port) } else { NOT_FOUND.into() };
                stream.write_all(&answer)?;
                io::copy(&mut stream, &mut io::sink()).map(drop)
            });
            let connect = sockeye::client::connect::<R, _>(format!("ws://localhost:{port}/a/b?c"));
            let error = connect.await.map(drop).expect_err("nobody accepts");
            let heads: Vec<String> = received.try_iter().collect();
            let last = heads.last().expect("it was asked");
            assert!(ending.is(&error, last), "{shown}{ending:?}: {error:?}, {last}");
            let asked = match ending {
                At(_) => 2,
                TooMany => 6,
                Status(_) | InvalidUri | InvalidHeader(_) | TooLong => 1,
            };
            assert_eq!(heads.len(), asked, "{shown}");
        }
    }
}

fn with_port(answer: &[u8], port: u16) -> Vec<u8> {
    let port = port.to_string();
    let mut with = Vec::new();
    let mut rest = answer;
    while let Some(at) = rest.windows(4).position(|part| part == b"PORT") {
        with.extend_from_slice(&rest[..at]);
        with.extend_from_slice(port.as_bytes());
        rest = &rest[at + 4..];
    }
    with.extend_from_slice(rest);
    with
}

#[test]
fn each_redirect_ends_where_it_leads_or_with_its_own_error() {
    everywhere(Endings);
}

#[derive(Clone)]
struct Deadlines;

impl Scenario for Deadlines {
    async fn run<R: Sockets>(self) {
        // One deadline for all of them, however many there are.
        let (port, heads) = answering(redirect(307, "/again"));
        let connect = sockeye::client::connect::<R, _>(format!("ws://localhost:{port}/"));
        let connect = connect.redirects(usize::MAX).open_timeout(Duration::from_millis(300));
        let error = connect.await.map(drop);
        assert!(matches!(error, Err(Error::Timeout(_))), "{error:?}");
        assert!(heads.try_iter().count() > 6);
    }
}

#[test]
fn redirects_without_end_share_one_deadline() {
    everywhere(Deadlines);
}

#[derive(Clone)]
struct Downgrade;

impl Scenario for Downgrade {
    async fn run<R: Sockets>(self) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let plain = listen(move |mut stream| {
            count.fetch_add(1, Ordering::SeqCst);
            let request = read_head(&mut stream)?;
            stream.write_all(sockeye_answer(&request).as_bytes())
        });
        let authority = Authority::new();
        for scheme in ["ws", "http"] {
            let location = format!("{scheme}://localhost:{plain}/");
            let config = authority.server();
            let port = listen(move |stream| {
                let session = ServerConnection::new(Arc::clone(&config));
                let session = session.map_err(io::Error::other)?;
                let mut tls = StreamOwned::new(session, stream);
                read_head(&mut tls)?;
                tls.write_all(redirect(301, &location).as_bytes())?;
                io::copy(&mut tls, &mut io::sink()).map(drop)
            });
            let connect = sockeye::client::connect::<R, _>(format!("wss://localhost:{port}/"));
            let error = connect.tls(authority.client()).await.map(drop);
            let Err(Error::Handshake(HandshakeError::Security(error))) = error else {
                panic!("{error:?}");
            };
            assert_eq!(error, SecurityError::Downgrade);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn no_redirect_leads_from_wss_to_ws() {
    everywhere(Downgrade);
}
