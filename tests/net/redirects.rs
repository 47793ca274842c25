//! Redirects: [RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4).

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::HeaderValue;
use sockeye::{
    Error, HandshakeError, SecurityError,
    driver::{self, Runtime},
    rustls::{ServerConnection, StreamOwned},
};

use crate::{
    authority::Authority,
    everywhere::{Scenario, converse, echo, everywhere, uri},
    origin::{answering, answering_with, listen, read_head},
    tls::sockeye_answer,
};

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
    async fn run<R: Runtime>(self) {
        let server = echo::<R>().await.expect("it listens");
        let http = uri("http", &server);
        for status in [301, 302, 303, 307, 308] {
            for location in [&uri("ws", &server), &http, &format!("{http}x?y#z")] {
                let (port, _) = answering(redirect(status, location));
                let ws = driver::connect::<R, _>(format!("ws://localhost:{port}/a")).await;
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
    async fn run<R: Runtime>(self) {
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
            let connect = driver::connect::<R, _>(format!("ws://me:hunter2@localhost:{first}/"))
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
    async fn run<R: Runtime>(self) {
        // A loop: the limit ends it.
        let (port, heads) = answering(redirect(307, "/again"));
        let error = driver::connect::<R, _>(format!("ws://localhost:{port}/")).await.map(drop);
        let Err(Error::Handshake(HandshakeError::Security(error))) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error, SecurityError::TooManyRedirects { max: 5 });
        assert_eq!(heads.try_iter().count(), 6);
        // Without redirects, they are refusals like others.
        let (port, _) = answering(redirect(302, "/again").replace("1000000000", "0"));
        let connect = driver::connect::<R, _>(format!("ws://localhost:{port}/")).redirects(0);
        let error = connect.await.map(drop).expect_err("a redirect");
        assert_eq!(error.status_code().map(|code| code.as_u16()), Some(302));
    }
}

#[test]
fn a_loop_ends_at_the_limit() {
    everywhere(Limits);
}

#[derive(Clone)]
struct Senseless;

impl Scenario for Senseless {
    async fn run<R: Runtime>(self) {
        let connect = async |answer: &str| {
            let (port, _) = answering(answer);
            let connect = driver::connect::<R, _>(format!("ws://localhost:{port}/"));
            connect.await.map(drop).expect_err("no redirect that makes sense")
        };
        for location in ["ftp://localhost/", "ws://", "ws://a:0/", "//[::1%25eth0]/"] {
            let error = connect(&redirect(302, location)).await;
            assert!(matches!(error, Error::InvalidUri(_)), "{location}: {error:?}");
        }
        let twice =
            "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n";
        let error = connect(twice).await;
        assert!(
            matches!(error, Error::Handshake(HandshakeError::InvalidHeader(_))),
            "twice: {error:?}"
        );
        for answer in [
            "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 300 Choose\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 304 Same\r\nLocation: /a\r\n\r\n",
        ] {
            let error = connect(answer).await;
            assert!(
                matches!(error, Error::Handshake(HandshakeError::InvalidStatus(_))),
                "{answer}: {error:?}"
            );
        }
    }
}

#[test]
fn a_redirect_that_leads_nowhere_is_an_error() {
    everywhere(Senseless);
}

#[derive(Clone)]
struct Downgrade;

impl Scenario for Downgrade {
    async fn run<R: Runtime>(self) {
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
            let connect = driver::connect::<R, _>(format!("wss://localhost:{port}/"));
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
