//! The options of `sockeye connect` that clients for scripts have.

use std::{io::Write as _, net::TcpStream};

use crate::{
    command::{Server, run},
    connect::read_head,
    failures::{accept, await_close, server},
    folder::Folder,
};

#[test]
fn a_message_can_be_an_argument() {
    let server = Server::start(&[]);
    // Standard input is not read.
    let outcome = run(&["connect", &server.uri, "-x", "one", "--execute", "two"], "three\n");
    assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "one\ntwo\n", ""));
}

#[test]
fn a_connection_is_closed_after_the_messages_that_were_wanted() {
    let server = Server::start(&[]);
    for (options, wanted) in
        [(&["-1"][..], "one\n"), (&["--one-message"], "one\n"), (&["--count", "2"], "one\ntwo\n")]
    {
        // No time limit for the replies, unless there is --wait.
        let outcome = run(&[&["connect", &server.uri], options].concat(), "one\ntwo\nthree\n");
        assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), wanted, ""));
    }
}

#[test]
fn an_end_before_all_messages_is_a_failure() {
    let uri = server(|stream| {
        accept(stream);
        let _ = stream.write_all(b"\x81\x02hi\x88\x02\x03\xe8");
        await_close(stream);
    });
    let outcome = run(&["connect", &uri, "--count", "2"], "");
    assert_eq!((outcome.status, outcome.text()), (Some(1), "hi\n"));
    assert_eq!(outcome.stderr, "sockeye: the connection ended after 1 of 2 messages\n");
}

#[test]
fn the_close_frame_is_as_the_options_want_it() {
    let uri = server(|stream| {
        accept(stream);
        let mut frame = [0; 11];
        let _ = std::io::Read::read_exact(stream, &mut frame);
        let (mask, payload) = (&frame[2..6], &frame[6..]);
        let payload: Vec<u8> =
            payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        assert_eq!(payload, b"\x0f\xa0bye");
        let _ = stream.write_all(&[&[0x88, 5], &*payload].concat());
    });
    let options = ["--close-code", "4000", "--close-reason", "bye", "-v", "--wait", "0"];
    let outcome = run(&[&["connect", &uri], &options[..]].concat(), "");
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    let server = Server::start(&[]);
    let outcome = run(&["connect", &server.uri, "--close-code", "4000", "--wait", "0"], "");
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
}

#[test]
fn messages_may_contain_line_breaks() {
    let server = Server::start(&[]);
    let folder = Folder::new("messages_may_contain");
    let file = folder.write("two_lines", "three\nfour");
    let outcome = run(&["connect", &server.uri, "-0", "--count", "2", "--json"], "[1,\n2]\0[3]");
    assert_eq!(outcome.text(), "[\n  1,\n  2\n]\n[\n  3\n]\n");
    let outcome = run(&["connect", &server.uri, "--text", &file, "-1"], "");
    assert_eq!(outcome.text(), "three\nfour\n");
    let outcome = run(&["connect", &server.uri, "--text", "-", "-1"], "five\nsix\n");
    assert_eq!(outcome.text(), "five\nsix\n\n");
}

#[test]
fn binary_messages_can_be_base64() {
    let server = Server::start(&[]);
    let outcome = run(&["connect", &server.uri, "--binary", "-", "--base64", "-1"], b"\0\n\xff");
    assert_eq!(outcome.text(), "AAr/\n");
}

#[test]
fn both_heads_are_printed_without_credentials() {
    let server = Server::start(&[]);
    let secrets = ["--auth", "me:secret", "-H", "Cookie: secret", "-H", "X-Key: 1"];
    let outcome = run(&[&["connect", &server.uri, "-v", "-w", "0"], &secrets[..]].concat(), "");
    assert_eq!((outcome.status, outcome.text()), (Some(0), ""));
    let said = outcome.stderr.to_lowercase();
    for line in [
        "> get / http/1.1",
        "> upgrade: websocket",
        "> authorization: ***",
        "> cookie: ***",
        "> x-key: 1",
        "< http/1.1 101 switching protocols",
        "< upgrade: websocket",
    ] {
        assert!(said.lines().any(|said| said == line), "{line} in {said}");
    }
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn a_response_that_refuses_is_printed_too() {
    let uri = server(|stream| respond(stream, "503 Service Unavailable\r\nRetry-After: 7", "busy"));
    let outcome = run(&["connect", &uri, "--verbose"], "");
    assert_eq!(outcome.status, Some(1));
    let lines: Vec<_> = outcome.stderr.lines().collect();
    let [status, retry, length, empty, body, error] = *lines else { panic!("{lines:#?}") };
    assert_eq!([status, retry], ["< HTTP/1.1 503 Service Unavailable", "< retry-after: 7"]);
    assert_eq!([length, empty, body], ["< content-length: 4", "<", "< busy"]);
    assert!(error.starts_with("sockeye: cannot connect to "), "{error}");
}

#[test]
fn a_status_is_explained() {
    for (response, wanted) in [
        (
            "401 Unauthorized\r\nWWW-Authenticate: Basic",
            "HTTP 401 Unauthorized; the server says: no (--auth USER:PASSWORD or --header sets the credentials)\n",
        ),
        (
            "426 Upgrade Required\r\nSec-WebSocket-Version: 7",
            "HTTP 426 Upgrade Required; the server says: no (the server supports other versions of the protocol; --verbose \
             shows them)\n",
        ),
        (
            "503 Service Unavailable\r\nRetry-After: 7",
            "HTTP 503 Service Unavailable; the server says: no (the server asks to wait 7 s)\n",
        ),
    ] {
        let uri = server(move |stream| respond(stream, response, "no"));
        let outcome = run(&["connect", &uri], "");
        assert_eq!(outcome.status, Some(1));
        let beginning = format!("sockeye: cannot connect to {uri}/: {wanted}");
        assert!(outcome.stderr.starts_with(&beginning), "{}", outcome.stderr);
    }
}

#[test]
fn redirects_are_followed_as_far_as_wanted() {
    let target = Server::start(&[]);
    let redirect = || {
        let response = format!("302 Found\r\nLocation: {}", target.uri);
        server(move |stream| respond(stream, &response, ""))
    };
    let outcome = run(&["connect", &redirect(), "-x", "hi", "-1"], "");
    assert_eq!((outcome.status, outcome.text()), (Some(0), "hi\n"));
    let outcome = run(&["connect", &redirect(), "-x", "hi", "-1", "--redirects", "0"], "");
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stderr.contains("HTTP 302 Found"), "{}", outcome.stderr);
}

#[test]
fn pings_and_pongs_are_shown() {
    let uri = server(|stream| {
        accept(stream);
        let _ = stream.write_all(b"\x89\x04ping\x8a\x00\x88\x02\x03\xe8");
        await_close(stream);
    });
    let outcome = run(&["connect", &uri, "-P", "--wait", "60"], "");
    assert_eq!((outcome.status, outcome.text()), (Some(0), ""));
    let wanted = "sockeye: ping received (4 bytes)\nsockeye: pong received (0 bytes)\n";
    assert_eq!(outcome.stderr, wanted);
}

#[test]
fn completions_and_manual_pages_describe_every_option() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = run(&["completions", shell], "");
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        assert!(outcome.text().contains("close-code"), "{shell}");
    }
    for (arguments, wanted) in [
        (&["man"][..], &[".TH sockeye 1", "sockeye\\-echo"][..]),
        (&["man", "connect"], &[".TH sockeye-connect 1", "\\-\\-close\\-code", "Exit status"]),
        (&["man", "echo"], &[".TH sockeye-echo 1", "\\-\\-any\\-origin"]),
    ] {
        let outcome = run(arguments, "");
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        for wanted in wanted {
            assert!(outcome.text().contains(wanted), "{wanted} in {}", outcome.text());
        }
    }
}

/// Responds with a status line, perhaps with headers behind it, and a body.
fn respond(stream: &mut TcpStream, status: &str, body: &str) {
    read_head(stream);
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
}
