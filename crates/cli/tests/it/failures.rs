//! Failures: each prints one line and sets the exit status.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use sockeye_handshake::accept_for;

use crate::{
    command::{Running, run},
    connect::read_head,
};

#[test]
fn wrong_usage_has_an_exit_status_of_its_own() {
    for (arguments, wanted) in [
        (&["connect", "http://localhost"][..], "not ws or wss (did you mean ws://localhost?)"),
        (&["connect", "HTTPS://localhost"], "not ws or wss (did you mean wss://localhost?)"),
        (&["connect", "localhost:8765"], "not ws or wss (did you mean ws://localhost:8765?)"),
        (&["connect", "wx://localhost"], "the scheme is not ws or wss\n"),
        (
            &["connect", "http://me:secret@h"],
            "Invalid URI http://***@h: the scheme is not ws or wss\n",
        ),
        (&["connect", "ws://"], "the host is empty"),
        (&["connect", "ws://h", "--header", "no colon"], "has no colon"),
        (&["connect", "ws://h", "--header", "a b: c"], "`a b` is not the name of a header"),
        (&["connect", "ws://h", "--header", "Upgrade: c"], "upgrade: the handshake sets it itself"),
        (&["connect", "ws://h", "--subprotocol", "a, b"], "Sec-WebSocket-Protocol"),
        (&["connect", "ws://h", "--wait", "soon"], "--wait"),
        (&["connect", "ws://h", "--binary", "/no/such/file"], "cannot read /no/such/file: "),
        (&["connect", "ws://h", "--raw", "--timing"], "cannot be used with"),
        (&["connect", "wss://h", "--insecure", "--tls-ca", "x"], "cannot be used with"),
        (&["connect", "wss://h", "--tls-cert", "x"], "--tls-key"),
        (&["connect", "ws://h", "--origin", "h"], "Invalid origin: h: an origin is a scheme, "),
        (&["connect", "ws://h", "--proxy", "ftp://h"], "Invalid proxy ftp://h"),
        (&["connect", "ws://h", "--proxy", "h:3128"], "Invalid proxy h:3128: there is no scheme, "),
        (&["connect"], "<URI>"),
        (&["conect"], "unrecognized subcommand"),
        (&["echo", "--runtime", "none"], "async-std"),
        (&["echo", "--threads", "0"], "--threads"),
        (
            &["echo", "--bind", "ws://127.0.0.1:8765/"],
            "without a scheme; did you mean 127.0.0.1:8765?",
        ),
        (&["echo", "--bind", "127.0.0.1"], "a host and a port are needed, such as 127.0.0.1:8765"),
        (
            &["echo", "--max-size", "1T"],
            "expected a number of bytes, such as 65536, 64K, 1MB or 1MiB",
        ),
        (&["echo", "--origin", "example.com"], "Invalid origin: example.com"),
        (&["echo", "--origin", "http://a", "--any-origin"], "cannot be used with"),
        (&["echo", "--mode", "660"], "--unix <PATH>"),
        (&["echo", "--unix", "x", "--mode", "999"], "expected permissions in octal, such as 660"),
        (&["connect", "ws://h", "--auth", "secret"], "--auth has no colon between"),
        (&["connect", "ws://h", "--close-code", "1005"], "expected a code that may be sent"),
        (&["connect", "ws://h", "-1", "--count", "2"], "cannot be used with"),
        (&["connect", "ws://h", "--count", "0"], "--count"),
        (&["connect", "ws://h", "--raw", "--base64"], "cannot be used with"),
        (&["connect", "ws://h", "--text", "/no/such/file"], "cannot read /no/such/file: "),
        (&["completions", "none"], "bash"),
        (&["man", "none"], "there is no command none"),
        (&["connect", "ws://h", "--max-size", "much"], "expected a number of bytes"),
        (&[], "Usage: sockeye <COMMAND>"),
    ] {
        let outcome = run(arguments, "");
        assert_eq!((outcome.status, outcome.text()), (Some(2), ""), "{arguments:?}");
        assert!(outcome.stderr.contains(wanted), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_host_name_that_is_not_ascii_is_converted() {
    let outcome = run(&["connect", "ws://bücher.example", "--proxy", "http://127.0.0.1:1"], "");
    assert!(outcome.stderr.contains("ws://xn--bcher-kva.example/"), "{}", outcome.stderr);
}

#[test]
fn help_goes_to_standard_output_and_tells_the_exit_status() {
    for (command, statuses) in [("echo", &[0, 1, 2, 130]), ("connect", &[0, 1, 2, 130])] {
        let outcome = run(&[command, "--help"], "");
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        let (_, told) = outcome.text().split_once("Exit status:\n").expect("it is told");
        let first = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok());
        assert_eq!(told.lines().filter_map(first).collect::<Vec<i32>>(), statuses, "{told}");
    }
}

#[test]
fn a_port_where_nobody_listens_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    // The port of a client is in use, so no other process can listen on it.
    let client = TcpStream::connect(listener.local_addr().expect("it is bound"));
    let client = client.expect("the listener is there");
    let uri = format!("ws://{}", client.local_addr().expect("it is connected"));
    fails(
        &uri,
        &format!(
            "sockeye: cannot connect to {uri}/: Connection refused (is the server running?)\n"
        ),
    );
}

#[test]
fn an_address_that_is_taken_cannot_be_listened_on() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    let outcome = run(&["echo", "--bind", &address], "");
    assert_eq!((outcome.status, outcome.text()), (Some(1), ""));
    let hint = "another process uses this address";
    let wanted = format!("sockeye: cannot listen on {address}: Address already in use ({hint})\n");
    assert_eq!(outcome.stderr, wanted);
}

#[test]
fn a_server_that_knows_no_such_resource_is_quoted() {
    let uri = server(|stream| {
        read_head(stream);
        let body = "\n  no \x1b[31msuch\u{202e} \u{9b}0mroom\n";
        let head = format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all((head + body).as_bytes());
    });
    let quoted = r"; the server says: no \u{1b}[31msuch\u{202e} \u{9b}0mroom";
    fails(&uri, &format!("sockeye: cannot connect to {uri}/: HTTP 404 Not Found{quoted}\n"));
}

#[test]
fn a_web_server_is_told_from_a_server_of_web_sockets() {
    let uri = server(|stream| {
        read_head(stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
    });
    let said = fails(&uri, &format!("sockeye: cannot connect to {uri}/: HTTP 200 OK "));
    assert!(said.contains("it serves no WebSocket") && !said.contains("html"), "{said}");
}

#[test]
fn a_server_without_tls_is_recognised() {
    let uri = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        await_close(stream);
    });
    let uri = uri.replace("ws://", "wss://");
    let said = fails(&uri, &format!("sockeye: cannot connect to {uri}/: "));
    assert!(said.contains("does not seem to speak TLS"), "{said}");
}

#[test]
fn a_server_of_something_else_is_not_understood() {
    let uri = server(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        read_head(stream);
    });
    fails(&uri, &format!("sockeye: cannot connect to {uri}/: did not receive a valid"));
}

#[test]
fn a_connection_that_breaks_off_is_lost() {
    let uri = server(accept);
    let said = fails(&uri, "sockeye: Connection closed: ");
    assert!(said.contains("without a close frame"), "{said}");
}

#[test]
fn a_close_frame_with_an_error_is_an_error() {
    let uri = server(|stream| {
        accept(stream);
        let _ = stream.write_all(b"\x88\x06\x0f\xa1mine");
        await_close(stream);
    });
    fails(&uri, "sockeye: Connection closed: the peer sent 4001: mine\n");
}

#[test]
fn a_reason_cannot_drive_the_terminal() {
    let uri = server(|stream| {
        accept(stream);
        let reason = "\x1b[2J\r\n\u{9b}31m\u{202e}\u{200f}\x7f";
        let length = u8::try_from(2 + reason.len()).expect("it is short");
        let frame = [&[0x88, length, 0x0f, 0xa1], reason.as_bytes()].concat();
        let _ = stream.write_all(&frame);
        await_close(stream);
    });
    let escaped = r"\u{1b}[2J\r\n\u{9b}31m\u{202e}\u{200f}\u{7f}";
    fails(&uri, &format!("sockeye: Connection closed: the peer sent 4001: {escaped}\n"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_an_attempt_to_connect() {
    for options in [&[][..], &["--reconnect"]] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let uri = format!("ws://{}", listener.local_addr().expect("it is bound"));
        let mut client = Running::start(&[&["connect", &*uri], options].concat());
        let stream = listener.accept().expect("it connects");
        client.signal("INT");
        let outcome = client.finish();
        assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(130), "", ""));
        drop(stream);
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_command_at_once() {
    // A server that never answers the close frame.
    let (told, wait) = std::sync::mpsc::channel();
    let uri = server(move |stream| {
        accept(stream);
        // The message, and the close frame.
        for _ in 0..2 {
            await_close(stream);
            let _ = told.send(());
        }
        await_close(stream);
    });
    let mut client = Running::start(&["connect", &uri, "--close-timeout", "60"]);
    client.write("Are you there?");
    wait.recv().expect("the message arrives");
    client.signal("INT");
    wait.recv().expect("the close frame arrives");
    client.signal("INT");
    assert_eq!(client.finish().status, Some(130));
}

#[test]
fn a_server_that_breaks_the_protocol_is_told_off() {
    let uri = server(|stream| {
        accept(stream);
        let _ = stream.write_all(b"\x83\x00");
        await_close(stream);
    });
    fails(&uri, "sockeye: Connection closed: ");
}

/// Connects, and expects to fail with one message that begins so; returns all that was said.
fn fails(uri: &str, wanted: &str) -> String {
    let outcome = run(&["connect", uri, "--wait", "60"], "");
    assert_eq!((outcome.status, outcome.text()), (Some(1), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(wanted), "{}\nwanted: {wanted}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    outcome.stderr
}

/// A server that does this with its first connection; returns its URI.
pub(crate) fn server(act: impl FnOnce(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let uri = format!("ws://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            act(&mut stream);
        }
    });
    uri
}

/// Answers the opening handshake, and nothing more.
pub(crate) fn accept(stream: &mut TcpStream) {
    let request = read_head(stream);
    let field = |line: &str| line.strip_prefix("Sec-WebSocket-Key: ").map(str::to_owned);
    let key = request.lines().find_map(field).expect("there is a key");
    let _ = write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_for(&key)
    );
}

/// Waits for the close frame, of a client that has nothing else to say.
pub(crate) fn await_close(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 128]);
}
