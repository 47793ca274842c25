//! Connections on which a write failed: a close frame or a violation that was received decides.

use std::io;

use sockeye_errors::CloseCause;

use crate::{
    pair::{Pair, ROLES},
    wire,
};

#[test]
fn a_failed_write_does_not_make_a_normal_closure_an_error() {
    for role in ROLES {
        for eof_first in [false, true] {
            let mut pair = Pair::new();
            let now = pair.now;
            let end = pair.end(role);
            end.connection.send("never written").expect("open");
            end.connection.handle_write_error(now, io::ErrorKind::BrokenPipe.into());
            let mut close = wire::close(role, 1000, b"");
            if eof_first {
                // The bytes are decoded after the end is reported.
                end.connection.receiver.handle_received(&mut close);
                end.connection.handle_eof();
                while end.connection.poll_event(now).is_some() {}
            } else {
                end.receive(now, &close);
            }
            assert!(end.connection.outcome().is_ok(), "{role:?} {eof_first}");
            assert_eq!(end.connection.outcome().cause, None);
        }
    }
}

#[test]
fn a_violation_after_a_failed_write_is_the_cause() {
    for role in ROLES {
        let mut pair = Pair::new();
        let now = pair.now;
        let end = pair.end(role);
        end.connection.handle_write_error(now, io::ErrorKind::BrokenPipe.into());
        end.receive(now, &wire::frame(role, 0x83, b""));
        let cause = end.connection.outcome().cause.clone();
        assert!(matches!(cause, Some(CloseCause::Protocol(_))), "{cause:?}");
    }
}
