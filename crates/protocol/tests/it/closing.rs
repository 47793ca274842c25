//! The closing handshake in every order, with the outcome at each endpoint.

use std::{io, time::Instant};

use sockeye_errors::{Close, CloseCause, CloseCode, ConnectionClosed, Error, ProtocolError, State};
use sockeye_protocol::{CloseStep, Config, Event, Message, MessageKind, Role};

use crate::{
    pair::{End, Pair, ROLES, links},
    wire::{self, CONTINUATION, FIN, PING, TEXT},
};

fn outcome(pair: &mut Pair, role: Role) -> ConnectionClosed {
    pair.end(role).connection.outcome().clone()
}

#[test]
fn both_outcomes_are_equal_whichever_side_closes_and_the_server_shuts_down_first() {
    for role in ROLES {
        for chunk in [usize::MAX, 1] {
            let mut pair = Pair::new();
            pair.close(role, 1001, "bye").run_in_chunks(chunk);
            let ours = outcome(&mut pair, role);
            assert_eq!(ours.sent, Some(Close::new(1001, "bye")));
            assert_eq!(ours.rcvd, Some(Close::new(1001, "")));
            assert_eq!(ours.rcvd_then_sent, Some(false));
            let theirs = outcome(&mut pair, role.opposite());
            assert_eq!(theirs.rcvd, Some(Close::new(1001, "bye")));
            assert_eq!(theirs.sent, Some(Close::new(1001, "")));
            assert_eq!(theirs.rcvd_then_sent, Some(true));
            assert!(
                ours.is_ok() && theirs.is_ok() && ours.cause.is_none() && theirs.cause.is_none()
            );
            let server =
                [CloseStep::Receive, CloseStep::ShutDown, CloseStep::Drain, CloseStep::Done];
            let client =
                [CloseStep::Receive, CloseStep::Drain, CloseStep::ShutDown, CloseStep::Done];
            assert_eq!(pair.server.steps, server, "{role:?} began");
            assert_eq!(pair.client.steps, client, "{role:?} began");
            for role in ROLES {
                let connection = &mut pair.end(role).connection;
                assert_eq!((connection.state(), connection.poll_timeout()), (State::Closed, None));
            }
        }
    }
}

#[test]
fn both_may_close_at_once() {
    let mut pair = Pair::new();
    pair.close(Role::Client, 1000, "enough").close(Role::Server, 1001, "restart").run();
    let (client, server) = (outcome(&mut pair, Role::Client), outcome(&mut pair, Role::Server));
    assert_eq!(client.rcvd, Some(Close::new(1001, "restart")));
    assert_eq!(server.rcvd, Some(Close::new(1000, "enough")));
    for outcome in [client, server] {
        assert!(outcome.is_ok());
        assert_eq!(outcome.rcvd_then_sent, Some(false));
    }
}

#[test]
fn closing_again_changes_nothing() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role, 1000, "first").close(role, 1001, "second");
        let sent = wire::frames(&pair.end(role).transmit());
        assert_eq!(sent.len(), 1, "two close frames");
        assert_eq!(sent[0].payload, b"\x03\xe8first");
        assert_eq!(pair.end(role).sent_code(), Some(1000));
        let mut pair = Pair::new();
        pair.close(role, 1000, "")
            .run()
            .close(role, 1001, "")
            .close(role.opposite(), 1001, "")
            .run();
        for role in ROLES {
            assert!(pair.end(role).connection.is_flushed());
            assert_eq!(pair.end(role).sent_code(), Some(1000));
        }
    }
}

#[test]
fn an_empty_close_frame_is_answered_by_an_empty_one() {
    for role in ROLES {
        let mut pair = Pair::new();
        let now = pair.now;
        pair.end(role).connection.close(now, &Close::empty()).expect("a valid frame");
        pair.run();
        for role in ROLES {
            let outcome = outcome(&mut pair, role);
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(outcome.code(), Some(CloseCode::NO_STATUS));
            assert_eq!(outcome.sent, Some(Close::empty()));
        }
    }
}

#[test]
fn a_close_frame_inside_a_fragmented_message_is_answered_like_any_other() {
    for role in ROLES {
        let mut end = End::playing(role);
        end.receive(Instant::now(), &wire::frame(role, TEXT, b"half a mess"));
        end.receive(Instant::now(), &wire::close(role, 1000, b""));
        assert_eq!(end.events, [Event::Close(Close::new(1000, ""))]);
        assert_eq!(end.sent_code(), Some(1000));
        let sent = wire::frames(&end.transmit());
        assert_eq!(sent[0].payload, b"\x03\xe8");
    }
}

#[test]
fn a_close_frame_waits_for_its_last_byte() {
    for role in ROLES {
        let mut end = End::playing(role);
        for byte in wire::close(role, 1000, b"reason") {
            assert!(end.connection.outcome().rcvd.is_none() && end.events.is_empty());
            end.receive(Instant::now(), &[byte]);
        }
        assert_eq!(end.events, [Event::Close(Close::new(1000, "reason"))]);
    }
}

#[test]
fn nothing_that_follows_a_close_frame_is_looked_at() {
    for role in ROLES {
        for extra in [
            wire::frame(role, FIN | TEXT, b"late"),
            wire::frame(role, PING, b"late"),
            wire::frame(role, FIN | CONTINUATION, b"wrong"),
            wire::close(role, 1001, b"again"),
            vec![0xff; 100],
        ] {
            let close = wire::close(role, 1000, b"");
            // In the same read, and in the next.
            for cut in [close.len() + extra.len(), close.len(), close.len() + 1] {
                let mut end = End::playing(role);
                let wire = [&close[..], &extra].concat();
                end.receive(Instant::now(), &wire[..cut]);
                end.receive(Instant::now(), &wire[cut..]);
                assert_eq!(end.events, [Event::Close(Close::new(1000, ""))]);
                assert_eq!(wire::frames(&end.transmit()).len(), 1, "more than the answer");
                assert!(end.connection.outcome().is_ok());
            }
        }
    }
}

#[test]
fn messages_before_the_close_frame_arrive_and_so_do_those_sent_before_its_answer() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        for role in ROLES {
            for size in [0, 10, 10_000, 100_000] {
                pair.end(role).connection.send(vec![7; size]).expect("open");
            }
        }
        pair.close(Role::Client, 1000, "").run();
        for role in ROLES {
            let sizes: Vec<usize> = pair.end(role).messages().iter().map(Message::len).collect();
            assert_eq!(sizes, [0, 10, 10_000, 100_000], "{name} {role:?}");
            assert!(pair.end(role).connection.outcome().is_ok(), "{name} {role:?}");
        }
    }
}

#[test]
fn between_its_close_frame_and_the_answer_an_end_still_receives_but_does_not_reply() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role, 1000, "");
        let end = pair.end(role);
        end.transmit();
        end.receive(Instant::now(), &wire::frame(role, FIN | TEXT, b"still here"));
        end.receive(Instant::now(), &wire::frame(role, PING, b"there?"));
        assert_eq!(end.messages(), [Message::from("still here")]);
        assert!(end.connection.is_flushed(), "§5.5.1: nothing follows a close frame");
        assert_eq!(end.connection.step(), CloseStep::Receive);
        assert_eq!(end.connection.state(), State::Closing);
    }
}

#[test]
fn a_close_frame_may_cut_short_a_streamed_message_of_our_own() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        pair.client.connection.begin_message(MessageKind::Text).expect("open");
        pair.client.connection.write_fragment("half a mess", false).expect("begun");
        pair.close(Role::Client, 1000, "").run();
        assert_eq!(pair.server.events, [Event::Close(Close::new(1000, ""))], "{name}");
        assert!(pair.server.connection.outcome().is_ok());
        // And so may that of the peer.
        let connection = &mut pair.client.connection;
        assert!(connection.write_fragment("age", true).is_err());
    }
}

#[test]
fn the_transport_may_end_at_any_byte() {
    for role in ROLES {
        let wire = [
            wire::frame(role, FIN | TEXT, b"hello"),
            wire::frame(role, TEXT, b"wor"),
            wire::frame(role, PING, b"?"),
            wire::frame(role, FIN | CONTINUATION, b"ld"),
            wire::close(role, 1000, b"bye"),
        ]
        .concat();
        for len in 0..=wire.len() {
            let mut end = End::playing(role);
            end.receive(Instant::now(), &wire[..len]);
            end.connection.handle_eof();
            let whole = len == wire.len();
            let outcome = end.connection.outcome();
            assert_eq!(outcome.rcvd.is_some(), whole, "{len}");
            assert_eq!(outcome.is_ok(), whole, "{len}");
            let lost = matches!(
                &outcome.cause,
                Some(CloseCause::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof
            );
            assert_eq!(lost, !whole, "{len}");
            if whole {
                assert_eq!(wire::frames(&end.transmit()).len(), 2, "a pong, and the answer");
            }
            assert_eq!(end.connection.step(), CloseStep::ShutDown);
            end.connection.handle_shut_down(Instant::now());
            assert_eq!(end.connection.step(), CloseStep::Done);
            assert_eq!(end.connection.state(), State::Closed);
        }
    }
}

#[test]
fn the_end_of_the_transport_may_be_reported_before_its_last_bytes_are_decoded() {
    for role in ROLES {
        let mut end = End::playing(role);
        let mut wire =
            [wire::frame(role, FIN | TEXT, b"hello"), wire::close(role, 1000, b"")].concat();
        end.connection.handle_received(&mut wire);
        end.connection.handle_eof();
        end.receive(Instant::now(), b"");
        assert_eq!(end.messages(), [Message::from("hello")]);
        let outcome = end.connection.outcome();
        assert!(outcome.is_ok() && outcome.cause.is_none(), "{outcome:?}");

        let mut end = End::playing(role);
        end.connection.handle_received(&mut wire::frame(role, FIN | TEXT, b"\xff"));
        end.connection.handle_eof();
        end.receive(Instant::now(), b"");
        let cause = CloseCause::Protocol(ProtocolError::InvalidUtf8);
        assert_eq!(end.connection.outcome().cause, Some(cause));
    }
}

#[test]
fn a_close_frame_is_answered_though_the_peer_will_not_write_any_more() {
    for role in ROLES {
        let mut end = End::playing(role);
        end.connection.send("sent before").expect("open");
        end.receive(Instant::now(), &wire::close(role, 1000, b""));
        end.connection.handle_eof();
        assert_eq!(end.connection.step(), CloseStep::Flush, "the answer was not written");
        let sent = wire::frames(&end.transmit());
        assert_eq!(sent.len(), 2);
        assert_eq!(end.connection.step(), CloseStep::ShutDown);
    }
}

#[test]
fn a_failure_is_final_reported_once_and_sent_to_the_peer() {
    for role in ROLES {
        let mut end = End::playing(role);
        let error = ProtocolError::UnexpectedContinuation;
        end.receive(Instant::now(), &wire::frame(role, CONTINUATION, b""));
        end.receive(Instant::now(), &wire::frame(role, FIN | TEXT, b"\xff"));
        end.receive(Instant::now(), &wire::close(role, 1000, b""));
        assert_eq!(end.events, [Event::Failed(error)]);
        let sent = wire::frames(&end.transmit());
        assert_eq!(sent.len(), 1);
        let reason = [b"\x03\xea", error.to_string().as_bytes()].concat();
        assert_eq!(sent[0].payload, reason);
        let outcome = end.connection.outcome();
        assert_eq!(outcome.cause, Some(CloseCause::Protocol(error)));
        assert_eq!((outcome.rcvd.as_ref(), outcome.rcvd_then_sent), (None, None));
        assert!(!outcome.is_ok());
        end.connection.handle_eof();
        end.connection.handle_error(io::ErrorKind::ConnectionReset.into());
        assert_eq!(end.connection.outcome().cause, Some(CloseCause::Protocol(error)), "the first");
    }
}

#[test]
fn a_failure_after_our_own_close_frame_sends_no_second_one() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role, 1000, "");
        let end = pair.end(role);
        end.receive(Instant::now(), &wire::frame(role, 0x83, b""));
        assert_eq!(wire::frames(&end.transmit()).len(), 1);
        assert_eq!(end.sent_code(), Some(1000));
        let cause = CloseCause::Protocol(ProtocolError::ReservedOpcode { opcode: 3 });
        assert_eq!(end.connection.outcome().cause, Some(cause));
        assert!(!end.connection.outcome().is_ok());
        assert_eq!(end.connection.step(), CloseStep::ShutDown);
    }
}

#[test]
fn after_a_write_error_the_close_frame_of_the_peer_can_still_be_read() {
    for role in ROLES {
        let mut pair = Pair::new();
        let now = pair.now;
        let end = pair.end(role);
        end.connection.send("never written").expect("open");
        end.connection.handle_write_error(now, io::ErrorKind::BrokenPipe.into());
        assert!(end.connection.is_flushed(), "what cannot be written is kept");
        assert_eq!(end.connection.step(), CloseStep::Receive);
        assert!(end.connection.send("too late").is_err());
        end.receive(now, &wire::frame(role, FIN | TEXT, b"last words"));
        end.receive(now, &wire::close(role, 1008, b"you were rude"));
        assert_eq!(end.messages(), [Message::from("last words")]);
        assert!(end.connection.is_flushed(), "an answer that cannot be written");
        assert_eq!(end.connection.step(), CloseStep::Done);
        let outcome = end.connection.outcome();
        assert_eq!(outcome.rcvd, Some(Close::new(1008, "you were rude")));
        // The received code decides, and the outcome is that of a connection on which no write was attempted.
        assert_eq!(outcome.sent, Some(Close::new(1008, "")));
        assert_eq!((outcome.rcvd_then_sent, &outcome.cause), (Some(true), &None));
        assert!(!Error::from(outcome.clone()).is_retryable());
    }
}

#[test]
fn a_close_frame_inside_a_message_is_legal_and_the_loss_is_reported() {
    for role in ROLES {
        for is_inside in [false, true] {
            let mut end = End::playing(role);
            let now = Instant::now();
            end.receive(now, &wire::frame(role, TEXT, b"Spam"));
            if !is_inside {
                end.receive(now, &wire::frame(role, FIN, b""));
            }
            assert!(!end.connection.receiver.is_message_incomplete());
            end.receive(now, &wire::close(role, 1000, b""));
            assert_eq!(end.connection.receiver.is_message_incomplete(), is_inside);
            assert!(end.connection.outcome().is_ok());
        }
    }
}

#[test]
fn a_lost_transport_is_the_cause_unless_the_close_frames_were_exchanged() {
    for role in ROLES {
        let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
        let mut end = End::playing(role);
        end.connection.handle_error(reset());
        assert_eq!(end.connection.step(), CloseStep::Done);
        assert!(matches!(end.connection.outcome().cause, Some(CloseCause::Io(_))));
        let mut end = End::playing(role);
        end.receive(Instant::now(), &wire::close(role, 1000, b""));
        end.transmit();
        end.connection.handle_error(reset());
        assert_eq!(end.connection.step(), CloseStep::Done);
        assert_eq!(end.connection.outcome().cause, None);
        assert!(end.connection.outcome().is_ok());
    }
}
