//! The rules of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) that a connection keeps and makes others keep, frame by frame.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    cell::Cell,
    io,
    time::{Duration, Instant},
};

use sockeye_errors::{
    Close, CloseCause, CloseCode, Error, InvalidState, Operation, PayloadTooBig, ProtocolError,
    State, Timeout,
};
use sockeye_protocol::{Config, Connection, Event, Message, MessageKind, Step};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn server() -> Connection {
    Connection::server(Config::default())
}

fn client() -> Connection {
    Connection::client(Config::default(), || Ok(KEY))
}

/// A frame with a short payload, as a server sends it.
fn bare(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).unwrap();
    [&[first, length], payload].concat()
}

/// The same as a client sends it.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = bare(first, payload);
    frame[1] |= 0x80;
    frame.splice(2..2, KEY);
    frame[6..].iter_mut().zip(KEY.into_iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    frame
}

/// What arrives when these bytes come, in one piece.
fn receive(connection: &mut Connection, bytes: &[u8]) -> Vec<Event> {
    connection.handle_received(&mut bytes.to_vec());
    let now = Instant::now();
    std::iter::from_fn(|| connection.poll_event(now)).collect()
}

/// All that waits to be written.
fn written(connection: &mut Connection) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = connection.poll_transmit() {
        let len = piece.len();
        all.extend_from_slice(piece);
        connection.handle_transmitted(len);
    }
    all
}

/// The first bytes, masks and payloads of short frames.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Option<[u8; 4]>, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let length = usize::from(second & 0x7f);
        assert!(length < 126);
        let (mask, rest) = match second & 0x80 {
            0 => (None, rest),
            _ => (Some(*rest.first_chunk().unwrap()), &rest[4..]),
        };
        let (payload, rest) = rest.split_at(length);
        let keys = mask.unwrap_or_default().into_iter().cycle();
        frames.push((
            *first,
            mask,
            payload.iter().zip(keys).map(|(byte, key)| byte ^ key).collect(),
        ));
        bytes = rest;
    }
    assert!(bytes.is_empty());
    frames
}

fn text(text: &str) -> Event {
    Event::Message(Message::from(text))
}

/// The connection fails with this error, says so with `code`, and takes no more.
fn assert_fails(mut connection: Connection, bytes: &[u8], error: ProtocolError, code: u16) {
    assert_eq!(receive(&mut connection, bytes), [Event::Failed(error)], "{bytes:x?}");
    let frames = frames(&written(&mut connection));
    assert_eq!(frames.len(), 1, "{bytes:x?}");
    assert_eq!((frames[0].0, &frames[0].2[..2]), (0x88, &code.to_be_bytes()[..]), "{bytes:x?}");
    assert_eq!(connection.outcome().cause, Some(CloseCause::Protocol(error)));
    // §7.1.7: nothing is processed any more, not even a close frame.
    assert_eq!(receive(&mut connection, &bare(0x88, &[0x03, 0xe8])), []);
    assert_eq!(receive(&mut connection, &masked(0x88, &[0x03, 0xe8])), []);
    assert_eq!(connection.outcome().rcvd, None);
    assert!(connection.send("x").is_err());
}

#[test]
fn a_server_refuses_frames_without_a_mask() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89, 0x8a] {
        assert_fails(server(), &bare(first, b""), ProtocolError::Unmasked, 1002);
    }
}

#[test]
fn a_client_refuses_masked_frames() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89, 0x8a] {
        assert_fails(client(), &masked(first, b""), ProtocolError::Masked, 1002);
    }
}

#[test]
fn a_client_masks_every_frame_and_a_server_none() {
    let now = Instant::now();
    for (mut connection, mask) in [(client(), Some(KEY)), (server(), None)] {
        connection.send("text").unwrap();
        connection.send(b"binary").unwrap();
        connection.begin_message(MessageKind::Text).unwrap();
        connection.write_fragment("a", false).unwrap();
        connection.write_fragment("b", true).unwrap();
        connection.ping(now, "ping").unwrap();
        let ping = if mask.is_some() { bare(0x89, b"1") } else { masked(0x89, b"1") };
        receive(&mut connection, &ping);
        connection.close(now, &Close::new(1000, "bye")).unwrap();
        let expected: [(u8, &[u8]); 7] = [
            (0x81, b"text"),
            (0x82, b"binary"),
            (0x01, b"a"),
            (0x80, b"b"),
            (0x89, b"ping"),
            (0x8a, b"1"),
            (0x88, b"\x03\xe8bye"),
        ];
        let expected = expected.map(|(first, payload)| (first, mask, payload.to_vec()));
        assert_eq!(frames(&written(&mut connection)), expected);
    }
}

thread_local! {
    static KEYS: Cell<u32> = const { Cell::new(0) };
}

#[expect(clippy::unnecessary_wraps, reason = "a source of masks may fail")]
fn next_key() -> io::Result<[u8; 4]> {
    KEYS.set(KEYS.get() + 1);
    Ok(KEYS.get().to_be_bytes())
}

#[test]
fn every_frame_has_a_key_of_its_own() {
    let mut client = Connection::client(Config::default(), next_key);
    for _ in 0..3 {
        client.send("x").unwrap();
        client.ping(Instant::now(), "y").unwrap();
    }
    let keys: Vec<_> = frames(&written(&mut client)).into_iter().map(|frame| frame.1).collect();
    let expected: Vec<_> = (1..=6_u32).map(|key| Some(key.to_be_bytes())).collect();
    assert_eq!(keys, expected);
}

#[test]
fn a_reserved_bit_without_an_extension_fails_the_connection() {
    for rsv in 1..8 {
        for opcode in [1, 2, 8, 9, 10] {
            let first = 0x80 | rsv << 4 | opcode;
            assert_fails(client(), &bare(first, b""), ProtocolError::ReservedBits, 1002);
            assert_fails(server(), &masked(first, b""), ProtocolError::ReservedBits, 1002);
        }
    }
}

#[test]
fn a_reserved_opcode_fails_the_connection() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let error = ProtocolError::ReservedOpcode { opcode };
        assert_fails(client(), &bare(0x80 | opcode, b""), error, 1002);
        assert_fails(server(), &masked(0x80 | opcode, b""), error, 1002);
    }
}

#[test]
fn a_control_frame_is_short_and_whole() {
    for opcode in [8, 9, 10] {
        assert_fails(client(), &bare(opcode, b""), ProtocolError::FragmentedControl, 1002);
        let error = ProtocolError::ControlTooLong { length: 126 };
        assert_fails(client(), &[0x80 | opcode, 126, 0, 126], error, 1002);
    }
    let mut client = client();
    let error = ProtocolError::ControlTooLong { length: 126 };
    let refused = client.ping(Instant::now(), vec![0; 126]).unwrap_err();
    assert!(matches!(refused, Error::Protocol(refused) if refused == error));
    assert!(client.is_flushed());
    assert!(client.ping(Instant::now(), vec![0; 125]).is_ok());
}

#[test]
fn fragments_make_a_message_with_control_frames_between_them() {
    let bytes = [
        bare(0x01, b"one "),
        bare(0x89, b"ping"),
        bare(0x00, b"two "),
        bare(0x00, b""),
        bare(0x8a, b"pong"),
        bare(0x80, b"three"),
        bare(0x82, b"whole"),
    ]
    .concat();
    let expected = [
        Event::Ping("ping".into()),
        Event::Pong("pong".into()),
        text("one two three"),
        Event::Message(Message::from(b"whole")),
    ];
    assert_eq!(receive(&mut client(), &bytes), expected);
    // However the bytes are cut.
    for cut in 1..bytes.len() {
        let mut client = client();
        let mut events = receive(&mut client, &bytes[..cut]);
        events.extend(receive(&mut client, &bytes[cut..]));
        assert_eq!(events, expected, "{cut}");
    }
}

#[test]
fn messages_do_not_interleave() {
    for first in [0x01, 0x81, 0x02, 0x82] {
        let bytes = [bare(0x01, b"a"), bare(first, b"b")].concat();
        assert_fails(client(), &bytes, ProtocolError::ExpectedContinuation, 1002);
    }
    let mut client = client();
    client.begin_message(MessageKind::Binary).unwrap();
    client.write_fragment(b"a".to_vec(), false).unwrap();
    assert!(matches!(client.send("b"), Err(Error::Protocol(ProtocolError::Concurrency(_)))));
    let again = client.begin_message(MessageKind::Text);
    assert!(matches!(again, Err(Error::Protocol(ProtocolError::Concurrency(_)))));
    client.ping(Instant::now(), "p").unwrap();
    client.write_fragment(b"c".to_vec(), true).unwrap();
    client.send("d").unwrap();
    let firsts: Vec<_> = frames(&written(&mut client)).into_iter().map(|frame| frame.0).collect();
    assert_eq!(firsts, [0x02, 0x89, 0x80, 0x81]);
}

#[test]
fn a_continuation_continues_something() {
    assert_fails(client(), &bare(0x00, b"a"), ProtocolError::UnexpectedContinuation, 1002);
    assert_fails(client(), &bare(0x80, b"a"), ProtocolError::UnexpectedContinuation, 1002);
    let mut client = client();
    assert_eq!(receive(&mut client, &bare(0x81, b"a")), [text("a")]);
    let error = ProtocolError::UnexpectedContinuation;
    assert_eq!(receive(&mut client, &bare(0x80, b"b")), [Event::Failed(error)]);
}

#[test]
fn messages_arrive_in_the_order_in_which_they_were_sent() {
    let (mut client, mut server) = (client(), server());
    let messages: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    for message in &messages {
        client.send(message).unwrap();
    }
    let expected: Vec<_> = messages.iter().map(|message| text(message)).collect();
    assert_eq!(receive(&mut server, &written(&mut client)), expected);
}

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
    // What the peer sent before its own close frame still arrives; pings are not answered.
    let late = [bare(0x81, b"late"), bare(0x89, b"?"), bare(0x88, b"\x03\xe8")].concat();
    let close = Event::Close(Close::new(1000, ""));
    assert_eq!(receive(&mut client, &late), [text("late"), Event::Ping("?".into()), close]);
    assert!(client.is_flushed());
    assert_eq!(client.outcome().rcvd_then_sent, Some(false));
}

#[test]
fn what_follows_the_peers_close_frame_is_discarded() {
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
    assert_fails(client(), &bare(0x88, b"\x03"), ProtocolError::HalfCloseCode, 1002);
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

#[test]
fn a_ping_is_answered_with_its_payload() {
    for payload in [&b""[..], b"x", &[0xff; 125]] {
        let mut server = server();
        receive(&mut server, &masked(0x89, payload));
        assert_eq!(written(&mut server), bare(0x8a, payload));
        let mut client = client();
        receive(&mut client, &bare(0x89, payload));
        assert_eq!(written(&mut client), masked(0x8a, payload));
    }
}

#[test]
fn where_much_waits_only_the_newest_ping_is_answered() {
    let mut config = Config::default();
    config.write_high_water = 10;
    let mut server = Connection::server(config);
    server.send("0123456789").unwrap();
    for payload in [b"1", b"2", b"3"] {
        receive(&mut server, &masked(0x89, payload));
    }
    assert_eq!(written(&mut server), [bare(0x81, b"0123456789"), bare(0x8a, b"3")].concat());
}

#[test]
fn an_unsolicited_pong_is_no_offence() {
    let mut client = client();
    let pong = Event::Pong("?".into());
    assert_eq!(receive(&mut client, &bare(0x8a, b"?")), [pong]);
    assert_eq!((client.latency(), client.state()), (None, State::Open));
    assert!(client.is_flushed(), "no answer is expected, and none given");
}

#[test]
fn a_pong_answers_its_ping() {
    let now = Instant::now();
    let mut client = client();
    client.ping(now, "1").unwrap();
    client.ping(now, "2").unwrap();
    client.handle_received(&mut bare(0x8a, b"2"));
    client.poll_event(now + Duration::from_millis(5));
    assert_eq!(client.latency(), Some(Duration::from_millis(5)));
}

#[test]
fn a_text_is_utf8_as_a_whole() {
    let euro = "€".as_bytes();
    let bytes = [bare(0x01, &euro[..1]), bare(0x00, &euro[1..2]), bare(0x80, &euro[2..])].concat();
    assert_eq!(receive(&mut client(), &bytes), [text("€")]);
    for bytes in [
        bare(0x81, b"\xff"),
        bare(0x81, &euro[..2]),
        bare(0x01, b"\xc0"),
        [bare(0x01, &euro[..1]), bare(0x80, b"a")].concat(),
        [bare(0x01, &euro[..1]), bare(0x80, b"")].concat(),
    ] {
        assert_fails(client(), &bytes, ProtocolError::InvalidUtf8, 1007);
    }
    let binary = Event::Message(Message::from(b"\xff\xc0"));
    assert_eq!(receive(&mut client(), &bare(0x82, b"\xff\xc0")), [binary]);
}

#[test]
fn either_close_frame_begins_the_closing() {
    let now = Instant::now();
    let mut asks = client();
    assert_eq!(asks.state(), State::Open);
    asks.close(now, &Close::new(1000, "why")).unwrap();
    assert_eq!(asks.state(), State::Closing);
    assert_eq!(frames(&written(&mut asks))[0].2, b"\x03\xe8why");
    let mut is_asked = client();
    receive(&mut is_asked, &bare(0x88, b"\x03\xe8"));
    assert_eq!(is_asked.state(), State::Closing);
}

#[test]
fn the_server_ends_the_transport_first() {
    let now = Instant::now();
    let (mut client, mut server) = (client(), server());
    client.close(now, &Close::new(1000, "")).unwrap();
    assert_eq!(client.step(), Step::Receive);
    receive(&mut server, &written(&mut client));
    assert_eq!(server.step(), Step::Flush);
    receive(&mut client, &written(&mut server));
    assert_eq!(client.step(), Step::Drain, "the client waits for the server");
    assert_eq!(server.step(), Step::ShutDown);
    server.handle_shut_down(now);
    // What comes behind the close frame is read and discarded, until the end.
    assert_eq!(server.step(), Step::Drain);
    assert_eq!(receive(&mut server, b"trailing bytes"), []);
    client.handle_eof();
    assert_eq!(client.step(), Step::ShutDown);
    client.handle_shut_down(now);
    server.handle_eof();
    assert_eq!((client.step(), server.step()), (Step::Done, Step::Done));
    assert_eq!((client.state(), server.state()), (State::Closed, State::Closed));
    assert!(client.outcome().is_ok() && server.outcome().is_ok());
}

#[test]
fn a_server_that_has_read_all_does_not_wait_for_the_end_of_a_peer_that_said_goodbye() {
    let now = Instant::now();
    let (mut client, mut server) = (client(), server());
    client.close(now, &Close::new(1000, "")).unwrap();
    server.handle_exhausted();
    receive(&mut server, &written(&mut client));
    receive(&mut client, &written(&mut server));
    client.handle_exhausted();
    assert_eq!(server.step(), Step::ShutDown);
    server.handle_shut_down(now);
    assert_eq!(server.step(), Step::Drain, "nobody knows what is left");
    server.handle_exhausted();
    assert_eq!((server.step(), server.state()), (Step::Done, State::Closed));
    assert_eq!(client.step(), Step::Drain, "a client always waits for the server");
    assert!(server.outcome().is_ok());
}

#[test]
fn a_server_waits_for_the_end_of_a_peer_that_broke_a_rule_whatever_was_read() {
    let mut server = server();
    receive(&mut server, &bare(0x82, b"unmasked"));
    written(&mut server);
    assert_eq!(server.step(), Step::ShutDown);
    server.handle_shut_down(Instant::now());
    server.handle_exhausted();
    assert_eq!(server.step(), Step::Drain);
}

#[test]
fn a_client_waits_for_the_end_of_the_transport_but_not_for_ever() {
    let now = Instant::now();
    let mut client = client();
    client.start(now);
    client.close(now, &Close::new(1000, "")).unwrap();
    written(&mut client);
    receive(&mut client, &bare(0x88, b"\x03\xe8"));
    assert_eq!(client.step(), Step::Drain);
    let deadline = client.poll_timeout().unwrap();
    assert_eq!(deadline, now + Duration::from_secs(10));
    client.handle_timeout(deadline);
    assert_eq!((client.step(), client.state()), (Step::Done, State::Closed));
    assert!(client.outcome().is_ok());
}

#[test]
fn a_peer_that_does_not_answer_the_close_frame_is_left() {
    let now = Instant::now();
    let mut client = client();
    client.close(now, &Close::new(1000, "")).unwrap();
    written(&mut client);
    client.handle_timeout(client.poll_timeout().unwrap());
    assert_eq!(client.step(), Step::Done);
    let cause = CloseCause::Timeout(Timeout::new(Operation::Close));
    assert_eq!(client.outcome().cause, Some(cause));
}

#[test]
fn a_connection_that_is_lost_has_no_code_of_the_peer() {
    for mut connection in [client(), server()] {
        connection.handle_eof();
        while connection.step() == Step::ShutDown {
            connection.handle_shut_down(Instant::now());
        }
        assert_eq!((connection.step(), connection.state()), (Step::Done, State::Closed));
        let outcome = connection.outcome().clone();
        assert_eq!((outcome.code(), outcome.is_ok()), (None, false));
        assert!(matches!(outcome.cause, Some(CloseCause::Io(_))));
        assert_eq!(Error::from(outcome).close_code(), Some(CloseCode::ABNORMAL));
    }
    let mut client = client();
    receive(&mut client, &bare(0x88, b""));
    assert_eq!(client.outcome().code(), Some(CloseCode::NO_STATUS));
}

#[test]
fn a_message_over_the_limit_is_refused_however_it_is_cut() {
    let mut config = Config::default();
    config.max_incoming_size = Some(5);
    let client = || Connection::client(config.clone(), || Ok(KEY));
    assert_eq!(receive(&mut client(), &bare(0x81, b"12345")), [text("12345")]);
    let error = PayloadTooBig::new(6, 5).into();
    assert_fails(client(), &bare(0x81, b"123456"), error, 1009);
    assert_fails(client(), &[bare(0x01, b"123"), bare(0x80, b"456")].concat(), error, 1009);
    // The announcement is enough.
    let error = PayloadTooBig::new(1 << 40, 5).into();
    assert_fails(client(), &[0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], error, 1009);
}

#[test]
fn fragments_without_end_are_refused() {
    let mut client = client();
    receive(&mut client, &bare(0x01, b""));
    let flood = bare(0x00, b"").repeat(100);
    assert_eq!(receive(&mut client, &flood), [Event::Failed(ProtocolError::TooManyFragments)]);
    assert_eq!(frames(&written(&mut client))[0].2[..2], 1008_u16.to_be_bytes());
}
