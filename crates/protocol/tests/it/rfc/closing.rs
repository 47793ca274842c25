//! How a connection ends: [RFC 6455 §7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1).

use std::time::{Duration, Instant};

use sockeye_errors::{Close, CloseCause, CloseCode, Error, Operation, State, Timeout};
use sockeye_protocol::CloseStep;

use super::wire::{bare, client, frames, receive, server, written};

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
    assert_eq!(client.step(), CloseStep::Receive);
    receive(&mut server, &written(&mut client));
    assert_eq!(server.step(), CloseStep::Flush);
    receive(&mut client, &written(&mut server));
    assert_eq!(client.step(), CloseStep::Drain, "the client waits for the server");
    assert_eq!(server.step(), CloseStep::ShutDown);
    server.handle_shut_down(now);
    // Bytes after the close frame are read and discarded, until the end.
    assert_eq!(server.step(), CloseStep::Drain);
    assert_eq!(receive(&mut server, b"trailing bytes"), []);
    client.handle_eof();
    assert_eq!(client.step(), CloseStep::ShutDown);
    client.handle_shut_down(now);
    server.handle_eof();
    assert_eq!((client.step(), server.step()), (CloseStep::Done, CloseStep::Done));
    assert_eq!((client.state(), server.state()), (State::Closed, State::Closed));
    assert!(client.outcome().is_ok() && server.outcome().is_ok());
}

#[test]
fn a_server_that_has_read_everything_does_not_wait_for_the_end_of_a_peer_that_has_closed() {
    let now = Instant::now();
    let (mut client, mut server) = (client(), server());
    client.close(now, &Close::new(1000, "")).unwrap();
    server.handle_read_pending();
    receive(&mut server, &written(&mut client));
    receive(&mut client, &written(&mut server));
    client.handle_read_pending();
    assert_eq!(server.step(), CloseStep::ShutDown);
    server.handle_shut_down(now);
    assert_eq!(server.step(), CloseStep::Drain, "nobody knows what is left");
    server.handle_read_pending();
    assert_eq!((server.step(), server.state()), (CloseStep::Done, State::Closed));
    assert_eq!(client.step(), CloseStep::Drain, "a client always waits for the server");
    assert!(server.outcome().is_ok());
}

#[test]
fn a_server_waits_for_the_end_of_a_peer_that_broke_a_rule_whatever_was_read() {
    let mut server = server();
    receive(&mut server, &bare(0x82, b"unmasked"));
    written(&mut server);
    assert_eq!(server.step(), CloseStep::ShutDown);
    server.handle_shut_down(Instant::now());
    server.handle_read_pending();
    assert_eq!(server.step(), CloseStep::Drain);
}

#[test]
fn a_client_waits_for_the_end_of_the_transport_until_the_close_timeout() {
    let now = Instant::now();
    let mut client = client();
    client.start(now);
    client.close(now, &Close::new(1000, "")).unwrap();
    written(&mut client);
    receive(&mut client, &bare(0x88, b"\x03\xe8"));
    assert_eq!(client.step(), CloseStep::Drain);
    let deadline = client.poll_timeout().unwrap();
    assert_eq!(deadline, now + Duration::from_secs(10));
    client.handle_timeout(deadline);
    assert_eq!((client.step(), client.state()), (CloseStep::Done, State::Closed));
    assert!(client.outcome().is_ok());
}

#[test]
fn a_peer_that_does_not_answer_the_close_frame_is_left() {
    let now = Instant::now();
    let mut client = client();
    client.close(now, &Close::new(1000, "")).unwrap();
    written(&mut client);
    client.handle_timeout(client.poll_timeout().unwrap());
    assert_eq!(client.step(), CloseStep::Done);
    let cause = CloseCause::Timeout(Timeout::new(Operation::Close));
    assert_eq!(client.outcome().cause, Some(cause));
}

#[test]
fn a_connection_that_is_lost_has_no_code_of_the_peer() {
    for mut connection in [client(), server()] {
        connection.handle_eof();
        while connection.step() == CloseStep::ShutDown {
            connection.handle_shut_down(Instant::now());
        }
        assert_eq!((connection.step(), connection.state()), (CloseStep::Done, State::Closed));
        let outcome = connection.outcome().clone();
        assert_eq!((outcome.code(), outcome.is_ok()), (None, false));
        assert!(matches!(outcome.cause, Some(CloseCause::Io(_))));
        assert_eq!(Error::from(outcome).close_code(), Some(CloseCode::ABNORMAL));
    }
    let mut client = client();
    receive(&mut client, &bare(0x88, b""));
    assert_eq!(client.outcome().code(), Some(CloseCode::NO_STATUS));
}
