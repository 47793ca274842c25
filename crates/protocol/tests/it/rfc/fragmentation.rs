//! Messages in one frame or in several, in order: [RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4).

use std::time::Instant;

use sockeye_errors::{Error, ProtocolError};
use sockeye_protocol::{Event, Message, MessageKind};

use super::wire::{assert_fails, bare, client, frames, receive, server, text, written};

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
    let mut wire = written(&mut client);
    client.ping(Instant::now(), "p").unwrap();
    client.write_fragment(b"c".to_vec(), true).unwrap();
    client.send("d").unwrap();
    wire.extend(written(&mut client));
    let firsts: Vec<_> = frames(&wire).into_iter().map(|frame| frame.0).collect();
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
