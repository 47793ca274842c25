//! The content of close frames, their answers, and later frames: [RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1) and [§7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4).

use std::time::Instant;

use sockeye_errors::{Close, CloseCode, Error, InvalidState, ProtocolError, State};
use sockeye_protocol::{Event, MessageKind};

use super::wire::{assert_fails, bare, client, frames, masked, receive, server, text, written};

#[test]
fn a_close_frame_is_answered_with_its_code() {
    for (payload, answer) in [
        (&b""[..], &b""[..]),
        (b"\x03\xe8", b"\x03\xe8"),
        (b"\x03\xe9away", b"\x03\xe9"),
        (b"\x0f\xa0", b"\x0f\xa0"),
    ] {
        let mut server = server();
        receive(&mut server, &masked(0x88, payload));
        assert_eq!(written(&mut server), bare(0x88, answer));
        assert_eq!(server.outcome().rcvd_then_sent, Some(true));
        assert!(server.outcome().code().is_some());
    }
}

#[test]
fn nothing_follows_a_close_frame() {
    let now = Instant::now();
    let mut client = client();
    client.begin_message(MessageKind::Text).unwrap();
    client.write_fragment("a", false).unwrap();
    client.close(now, &Close::new(1000, "")).unwrap();
    let error = Error::from(ProtocolError::from(InvalidState::new("send", State::Closing)));
    assert_eq!(client.send("b").unwrap_err().to_string(), error.to_string());
    assert!(client.write_fragment("c", true).is_err());
    assert!(client.ping(now, "").is_err());
    client.close(now, &Close::new(1001, "again")).unwrap();
    let firsts: Vec<_> = frames(&written(&mut client)).into_iter().map(|frame| frame.0).collect();
    assert_eq!(firsts, [0x01, 0x88]);
    // Frames that the peer sent before its own close frame are received; pings are not answered.
    let late = [bare(0x81, b"late"), bare(0x89, b"?"), bare(0x88, b"\x03\xe8")].concat();
    let close = Event::Close(Close::new(1000, ""));
    assert_eq!(receive(&mut client, &late), [text("late"), Event::Ping("?".into()), close]);
    assert!(client.is_flushed());
    assert_eq!(client.outcome().rcvd_then_sent, Some(false));
}

#[test]
fn frames_after_the_close_frame_of_the_peer_are_discarded() {
    let mut server = server();
    let bytes = [masked(0x88, b""), masked(0x81, b"x"), masked(0x89, b"y")].concat();
    assert_eq!(receive(&mut server, &bytes), [Event::Close(Close::empty())]);
    assert_eq!(receive(&mut server, &masked(0x89, b"z")), []);
    assert_eq!(written(&mut server), bare(0x88, b""), "the answer, and no pong");
    assert!(matches!(server.send("x"), Err(Error::ConnectionClosed(_))));
}

#[test]
fn both_may_close_at_the_same_time() {
    let now = Instant::now();
    let (mut client, mut server) = (client(), server());
    client.close(now, &Close::new(1000, "client")).unwrap();
    server.close(now, &Close::new(1001, "server")).unwrap();
    let (from_client, from_server) = (written(&mut client), written(&mut server));
    receive(&mut client, &from_server);
    receive(&mut server, &from_client);
    assert!(client.is_flushed() && server.is_flushed());
    assert_eq!(client.outcome().code(), Some(CloseCode::GOING_AWAY));
    assert_eq!(server.outcome().code(), Some(CloseCode::NORMAL));
    assert!(client.outcome().is_ok() && server.outcome().is_ok());
}

#[test]
fn a_close_frame_that_is_malformed_fails_the_connection() {
    let code = |code: u16| ProtocolError::InvalidCloseCode { code: code.into() };
    assert_fails(client(), &bare(0x88, b"\x03"), ProtocolError::TruncatedCloseCode, 1002);
    assert_fails(client(), &bare(0x88, b"\x03\xe8\xff"), ProtocolError::InvalidCloseReason, 1007);
    for number in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535_u16] {
        assert_fails(client(), &bare(0x88, &number.to_be_bytes()), code(number), 1002);
    }
}

#[test]
fn a_code_that_is_never_on_the_wire_is_not_sent() {
    let now = Instant::now();
    for number in [0, 999, 1004, 1006, 1015, 2999, 5000] {
        let mut client = client();
        assert!(client.close(now, &Close::new(number, "")).is_err(), "{number}");
        assert!(client.close(now, &Close::new(1005, "reason")).is_err());
        assert!(client.close(now, &Close::new(1000, "x".repeat(124))).is_err());
        assert_eq!((client.state(), client.is_flushed()), (State::Open, true));
    }
    for number in [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999_u16] {
        let mut client = client();
        client.close(now, &Close::new(number, "")).unwrap();
        assert_eq!(frames(&written(&mut client))[0].2, number.to_be_bytes());
    }
    let mut client = client();
    client.close(now, &Close::empty()).unwrap();
    assert_eq!(frames(&written(&mut client))[0].2, b"");
}
