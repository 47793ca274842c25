//! `sockeye connect` with a server that behaves.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use crate::command::{Running, Server, run};

#[test]
fn a_dialogue_goes_line_by_line() {
    let server = Server::start(&[]);
    let mut client = Running::start(&["connect", &server.uri, "--wait", "0"]);
    for line in ["one", "two", "", "three"] {
        client.write(line);
        assert_eq!(client.line(), line);
    }
    let outcome = client.finish();
    assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "", ""));
}

#[test]
fn many_lines_come_back_in_order() {
    let server = Server::start(&[]);
    let lines: String = (0..20_000).map(|n| n.to_string() + "\n").collect();
    let outcome = run(&["connect", &server.uri, "--wait", "0"], &lines);
    assert_eq!(outcome.text(), lines);
    assert_eq!(outcome.status, Some(0));
}

#[test]
fn the_last_line_needs_no_end() {
    let server = Server::start(&[]);
    assert_eq!(run(&["connect", &server.uri, "--wait", "0"], "a\r\nb").text(), "a\nb\n");
}

#[test]
fn input_that_is_not_text_is_refused() {
    let server = Server::start(&[]);
    let outcome = run(&["connect", &server.uri, "--wait", "0"], b"a\n\xff\nb\n");
    assert_eq!(outcome.text(), "a\n");
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stderr.starts_with("sockeye: cannot read standard input: "));
}

#[cfg(unix)]
#[test]
fn a_signal_closes_the_connection() {
    let server = Server::start(&[]);
    let mut client = Running::start(&["connect", &server.uri, "--wait", "60"]);
    client.write("Are you there?");
    assert_eq!(client.line(), "Are you there?");
    client.signal("INT");
    let outcome = client.finish();
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let server = Server::start(&[]);
    let script = format!(
        "seq 100000 | {} connect {} | head -n 1",
        env!("CARGO_BIN_EXE_sockeye"),
        server.uri
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).output();
    let output = output.expect("there is a shell");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"1\n"[..], &b""[..]));
}

#[test]
fn the_request_is_as_the_options_want_it() {
    let (uri, request) = capture();
    let uri = uri.replace("ws://", "ws://me:secret@");
    let outcome = run(
        &[
            "connect",
            &format!("{uri}/chat?room=1"),
            "--header",
            "X-Api-Key: a: b",
            "--header",
            "x-other:c",
            "--subprotocol",
            "chat",
            "--subprotocol",
            "news",
            "--origin",
            "https://example.com",
            "--compression",
        ],
        "",
    );
    assert_eq!(outcome.status, Some(1));
    assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);
    let request = request.join().expect("it does not panic").to_lowercase();
    for line in [
        "get /chat?room=1 http/1.1",
        "x-api-key: a: b",
        "x-other: c",
        "sec-websocket-protocol: chat, news",
        "origin: https://example.com",
        "authorization: basic bwu6c2vjcmv0",
        "sec-websocket-extensions: permessage-deflate",
    ] {
        assert!(request.lines().any(|found| found.starts_with(line)), "{line} in {request}");
    }
}

/// A server that reads a request, and hangs up.
fn capture() -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let uri = format!("ws://{}", listener.local_addr().expect("it is bound"));
    let request = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        read_head(&mut stream)
    });
    (uri, request)
}

/// Reads a request to the end of its head.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|len| len > 0) {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head is text")
}

#[test]
fn binary_messages_are_hexadecimal_or_raw() {
    for (options, wanted) in [(&[][..], &b"00ff0a\n"[..]), (&["--raw"], &[0, 255, 10])] {
        let uri = crate::failures::server(|stream| {
            crate::failures::accept(stream);
            // A binary message, and a close frame with 1000.
            let _ = stream.write_all(b"\x82\x03\x00\xff\x0a\x88\x02\x03\xe8");
            crate::failures::await_close(stream);
        });
        let outcome = run(&[&["connect", &*uri], options].concat(), "");
        assert_eq!(outcome.stdout, wanted);
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    }
}
