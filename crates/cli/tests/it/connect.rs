//! `sockeye connect` with a well-behaved server.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use crate::{
    command::{Running, Server, run},
    folder::Folder,
};

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
    let wanted = "sockeye: cannot read standard input: it is not UTF-8 (--binary - sends it as a binary message)\n";
    assert_eq!(outcome.stderr, wanted);
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
fn files_are_binary_messages_before_the_lines() {
    let server = Server::start(&[]);
    let folder = Folder::new("files_are_binary");
    let (one, two) = (folder.write("one", b"\x00\xff\n"), folder.write("two", b""));
    let files = ["connect", &server.uri, "--binary", &one, "--binary", &two, "--wait", "0"];
    let outcome = run(&files, "three\n");
    assert_eq!((outcome.status, outcome.text()), (Some(0), "00ff0a\n\nthree\n"));
}

#[test]
fn standard_input_can_be_one_binary_message() {
    let server = Server::start(&[]);
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let outcome = run(&["connect", &server.uri, "--binary", "-", "--raw", "--wait", "0"], &all);
    assert_eq!((outcome.status, outcome.stdout), (Some(0), all));
}

#[test]
fn json_is_laid_out_and_what_is_none_is_not() {
    let server = Server::start(&[]);
    let outcome = run(
        &["connect", &server.uri, "--json", "--wait", "0"],
        "{\"b\":[1.50,\"\u{9b}\"],\"a\":{}}\n{not json}\n",
    );
    let wanted = "{\n  \"b\": [\n    1.50,\n    \"\u{9b}\"\n  ],\n  \"a\": {}\n}\n{not json}\n";
    assert_eq!((outcome.status, outcome.text()), (Some(0), wanted));
}

#[test]
fn times_are_told() {
    let server = Server::start(&[]);
    let mut client = Running::start(&["connect", &server.uri, "--timing", "--wait", "0"]);
    let mut last = 0.0;
    for line in ["one", "two", "three"] {
        client.write(line);
        let told = client.line();
        let (time, text) = told.split_once(' ').expect("two words");
        let time = time.trim_matches(['[', ']']).parse::<f64>().expect("a number of seconds");
        assert!(text == line && time >= last, "{told}");
        last = time;
    }
    let outcome = client.finish();
    assert_eq!((outcome.status, outcome.text()), (Some(0), ""));
    let lines: Vec<_> = outcome.stderr.lines().collect();
    let [connecting, ping, all] = *lines else { panic!("{lines:?}") };
    assert!(connecting.starts_with("sockeye: connecting took "), "{connecting}");
    assert!(connecting.ends_with(" ms") && ping.ends_with(" ms"), "{lines:?}");
    assert!(ping.starts_with("sockeye: a ping took "), "{ping}");
    assert!(all.starts_with("sockeye: 3 sent, 3 received in "), "{all}");
    assert!(all.contains(" s, latency ") && all.ends_with(" ms"), "{all}");
}

#[test]
fn a_client_that_reconnects_sends_nothing_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let uri = format!("ws://{}", listener.local_addr().expect("it is bound"));
    let server = thread::spawn(move || {
        let next = || listener.accept().expect("it connects").0;
        // A connection that takes a message and breaks off, one that is refused, one that is closed.
        let mut lost = next();
        crate::failures::accept(&mut lost);
        let first = read_text(&mut lost);
        drop(lost);
        let mut refused = next();
        read_head(&mut refused);
        let busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        refused.write_all(busy).expect("it reads");
        drop(refused);
        let mut closed = next();
        crate::failures::accept(&mut closed);
        let second = read_text(&mut closed);
        closed.write_all(b"\x81\x02hi\x88\x02\x03\xe8").expect("it reads");
        crate::failures::await_close(&mut closed);
        [first, second]
    });
    let mut client = Running::start(&["connect", &uri, "--reconnect", "--wait", "60"]);
    client.write("one");
    let lost = client.error_line();
    assert!(lost.starts_with("sockeye: Connection closed: "), "{lost}");
    assert!(lost.ends_with(" (reconnecting)"), "{lost}");
    client.write("two");
    let refused = client.error_line();
    let wanted = format!(
        "sockeye: cannot connect to {uri}/: HTTP 503 Service Unavailable; trying again in "
    );
    assert!(refused.starts_with(&wanted), "{refused}");
    assert_eq!(client.line(), "hi");
    let outcome = client.finish();
    assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "", ""));
    assert_eq!(server.join().expect("it does not panic"), ["one", "two"]);
}

#[test]
fn a_client_that_reconnects_does_not_do_so_in_vain() {
    let uri = crate::failures::server(|stream| {
        read_head(stream);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    let outcome = run(&["connect", &uri, "--reconnect"], "");
    let wanted = format!("sockeye: cannot connect to {uri}/: HTTP 403 Forbidden\n");
    assert_eq!((outcome.status, outcome.stderr), (Some(1), wanted));

    let uri = crate::failures::server(|stream| {
        crate::failures::accept(stream);
        let _ = stream.write_all(b"\x88\x02\x0f\xa1");
        crate::failures::await_close(stream);
    });
    let outcome = run(&["connect", &uri, "--reconnect", "--wait", "60"], "");
    let wanted = "sockeye: Connection closed: the peer sent 4001\n";
    assert_eq!((outcome.status, &*outcome.stderr), (Some(1), wanted));
}

/// Reads a short text message of a client.
fn read_text(stream: &mut TcpStream) -> String {
    let mut head = [0; 6];
    stream.read_exact(&mut head).expect("a frame");
    let [0x81, length, mask @ ..] = head else { panic!("{head:?}") };
    let mut payload = vec![0; usize::from(length & 0x7f)];
    stream.read_exact(&mut payload).expect("its payload");
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    String::from_utf8(payload).expect("it is text")
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
