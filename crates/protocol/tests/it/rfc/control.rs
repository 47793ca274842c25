//! Control frames, pings and pongs: [RFC 6455 §5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5).

use std::time::{Duration, Instant};

use sockeye_errors::{Error, ProtocolError, State};
use sockeye_protocol::{Config, Event};

use super::wire::{assert_fails, bare, client, masked, receive, server, written};
use crate::connection::Connection;

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
fn where_much_waits_one_pong_overtakes_it_and_the_newest_follows() {
    let mut config = Config::default();
    config.write_high_water = 10;
    let mut server = Connection::server(config);
    server.send("0123456789").unwrap();
    for payload in [b"1", b"2", b"3"] {
        receive(&mut server, &masked(0x89, payload));
    }
    let expected = [bare(0x8a, b"1"), bare(0x81, b"0123456789"), bare(0x8a, b"3")];
    assert_eq!(written(&mut server), expected.concat());
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
