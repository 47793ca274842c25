//! Every close code and every length of a reason, in both directions.

use std::time::Instant;

use sockeye_errors::{Close, CloseCode, Error, ProtocolError, State};
use sockeye_protocol::{Event, Role};

use crate::{
    pair::{End, ROLES},
    wire,
};

/// RFC 6455 §7.4 and the registry of the IANA.
fn is_allowed(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[test]
fn every_code_that_comes_is_echoed_or_refused() {
    for role in ROLES {
        for code in 0..=u16::MAX {
            let mut end = End::playing(role);
            end.receive(Instant::now(), &wire::close(role, code, b"why"));
            let answer = wire::frames(&end.transmit());
            assert_eq!(answer.len(), 1, "{code}");
            if is_allowed(code) {
                assert_eq!(end.events, [Event::Close(Close::new(code, "why"))]);
                assert_eq!(answer[0].payload, code.to_be_bytes());
                let normal = matches!(code, 1000 | 1001);
                assert_eq!(end.connection.outcome().is_ok(), normal, "{code}");
            } else {
                let error = ProtocolError::InvalidCloseCode { code: CloseCode::new(code) };
                assert_eq!(end.events, [Event::Failed(error)]);
                assert_eq!(answer[0].payload[..2], 1002_u16.to_be_bytes(), "{code}");
                assert!(end.connection.outcome().rcvd.is_none());
            }
        }
    }
}

#[test]
fn every_code_of_the_application_is_sent_or_refused() {
    for role in ROLES {
        for code in 0..=u16::MAX {
            let mut end = End::playing(role);
            let closed = end.connection.close(Instant::now(), &Close::new(code, "why"));
            if is_allowed(code) {
                assert!(closed.is_ok(), "{code}");
                let sent = wire::frames(&end.transmit());
                assert_eq!(sent[0].payload, [&code.to_be_bytes()[..], b"why"].concat());
            } else {
                let refused = |error| {
                    matches!(error, Error::Protocol(ProtocolError::InvalidCloseCode { code: c })
                        if c.as_u16() == code)
                };
                assert!(closed.is_err_and(refused), "{code}");
                assert!(end.connection.is_flushed());
                assert_eq!(end.connection.state(), State::Open, "{code}");
                end.connection.send("still open").expect("the connection stays as it was");
            }
        }
    }
}

#[test]
fn a_reason_is_sent_whole_or_rejected_and_that_of_a_failure_is_truncated_between_characters() {
    for role in ROLES {
        for character in ["a", "é", "€", "🐟"] {
            for len in 0..=126_usize {
                let reason = character.repeat(len.div_ceil(character.len()));
                let mut end = End::playing(role);
                let closed = end.connection.close(Instant::now(), &Close::new(1000, &*reason));
                assert_eq!(closed.is_ok(), reason.len() <= 123);
                if closed.is_ok() {
                    assert_eq!(&wire::frames(&end.transmit())[0].payload[2..], reason.as_bytes());
                }
                let mut end = End::playing(role);
                end.receive(
                    Instant::now(),
                    &wire::close(role, 3000, &reason.as_bytes()[..len.min(123)]),
                );
                let whole = reason.is_char_boundary(len.min(123));
                let expected = if whole {
                    Event::Close(Close::new(3000, &reason[..len.min(123)]))
                } else {
                    Event::Failed(ProtocolError::InvalidCloseReason)
                };
                assert_eq!(end.events, [expected]);
                assert_eq!(end.sent_code(), Some(if whole { 3000 } else { 1007 }));
            }
        }
    }
}

#[test]
fn a_truncated_code_is_refused() {
    let mut end = End::playing(Role::Server);
    end.receive(Instant::now(), &wire::frame(Role::Server, wire::CLOSE, &[3]));
    assert_eq!(end.failure(), Some(ProtocolError::TruncatedCloseCode));
    assert_eq!(end.sent_code(), Some(1002));
}
