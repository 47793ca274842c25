//! The deadlines of a connection.

use std::time::{Duration, Instant};

use sockeye_errors::{CloseCause, Operation, State, Timeout};
use sockeye_protocol::{CloseStep, Config, Event, Role};

use crate::{
    pair::{End, Pair, ROLES},
    wire::{self, FIN, PING, PONG, TEXT},
};

const SECOND: Duration = Duration::from_secs(1);

/// No keepalive, so that nothing else has a deadline.
fn quiet() -> Config {
    let mut config = Config::default();
    config.ping_interval = None;
    config
}

fn timeout(operation: Operation) -> CloseCause {
    CloseCause::Timeout(Timeout::new(operation))
}

#[test]
fn a_peer_that_does_not_answer_the_close_frame_is_left_after_the_close_timeout() {
    for role in ROLES {
        let mut pair = Pair::configured(&quiet());
        pair.close(role, 1000, "");
        let now = pair.now;
        let end = pair.end(role);
        end.transmit();
        assert_eq!(end.connection.poll_timeout(), Some(now + 10 * SECOND));
        end.connection.handle_timeout(now + 9 * SECOND);
        assert_eq!(end.connection.step(), CloseStep::Receive);
        end.connection.handle_timeout(now + 10 * SECOND);
        assert_eq!(end.connection.step(), CloseStep::Done);
        assert_eq!(end.connection.outcome().cause, Some(timeout(Operation::Close)));
        assert_eq!(end.connection.poll_timeout(), None);
    }
}

#[test]
fn a_peer_that_keeps_sending_does_not_move_the_close_deadline() {
    for role in ROLES {
        let mut pair = Pair::configured(&quiet());
        pair.close(role, 1000, "");
        let start = pair.now;
        let end = pair.end(role);
        for second in 0..10 {
            let now = start + second * SECOND;
            end.receive(now, &wire::frame(role, FIN | TEXT, b"and another thing"));
            end.connection.handle_timeout(now);
            assert_eq!(end.connection.state(), State::Closing);
        }
        end.connection.handle_timeout(start + 10 * SECOND);
        assert_eq!(end.connection.step(), CloseStep::Done);
    }
}

#[test]
fn one_close_timeout_covers_the_frames_and_the_end_of_the_transport() {
    let mut end = End::configured(Role::Client, &quiet());
    let start = Instant::now();
    end.connection.close(start, &sockeye_errors::Close::new(1000, "")).expect("valid");
    end.transmit();
    end.receive(start + 9 * SECOND, &wire::close(Role::Client, 1000, b""));
    assert_eq!(end.connection.step(), CloseStep::Drain, "the server hangs up first");
    assert_eq!(end.connection.poll_timeout(), Some(start + 10 * SECOND));
    end.connection.handle_timeout(start + 10 * SECOND);
    assert_eq!(end.connection.step(), CloseStep::Done);
    assert!(end.connection.outcome().is_ok(), "the close frames were exchanged all the same");
    assert_eq!(end.connection.outcome().cause, None);
}

#[test]
fn the_last_bytes_of_the_peer_are_awaited_for_two_seconds_and_a_megabyte() {
    let shut_down = |now| {
        let mut end = End::configured(Role::Server, &quiet());
        end.receive(now, &wire::close(Role::Server, 1000, b""));
        end.transmit();
        assert_eq!(end.connection.step(), CloseStep::ShutDown);
        end.connection.handle_shut_down(now);
        assert_eq!(end.connection.step(), CloseStep::Drain);
        end
    };
    let now = Instant::now();
    let mut end = shut_down(now);
    assert_eq!(end.connection.poll_timeout(), Some(now + 2 * SECOND));
    end.connection.handle_timeout(now + 2 * SECOND);
    assert_eq!(end.connection.step(), CloseStep::Done);
    assert!(end.connection.outcome().is_ok());

    let mut end = shut_down(now);
    for _ in 0..16 {
        end.receive(now, &vec![0; 65_536]);
        assert_eq!(end.connection.step(), CloseStep::Drain);
    }
    end.receive(now, &[0; 1]);
    assert_eq!(end.connection.step(), CloseStep::Done, "the peer may go on for ever");
}

#[test]
fn a_peer_that_takes_nothing_is_left_after_the_write_timeout() {
    for role in ROLES {
        let mut end = End::configured(role, &quiet());
        let start = Instant::now();
        end.connection.send(vec![0; 100_000]).expect("open");
        end.connection.handle_write_pending(start);
        assert_eq!(end.connection.poll_timeout(), Some(start + 30 * SECOND));
        // Blocked again: the first time counts. A byte that is taken counts more.
        end.connection.handle_write_pending(start + 10 * SECOND);
        assert_eq!(end.connection.poll_timeout(), Some(start + 30 * SECOND));
        end.connection.handle_transmitted(Instant::now, 1);
        assert_eq!(end.connection.poll_timeout(), None);
        end.connection.handle_write_pending(start + 20 * SECOND);
        end.connection.handle_flushed();
        assert_eq!(end.connection.poll_timeout(), Some(start + 50 * SECOND), "nothing was taken");
        end.connection.handle_timeout(start + 50 * SECOND);
        assert_eq!(end.connection.step(), CloseStep::Done);
        assert!(end.connection.is_flushed());
        assert_eq!(end.connection.outcome().cause, Some(timeout(Operation::Write)));
    }
}

#[test]
fn a_transport_that_was_flushed_has_no_write_deadline() {
    for role in ROLES {
        let mut end = End::configured(role, &quiet());
        let start = Instant::now();
        end.connection.send("hello").expect("open");
        end.transmit();
        // TLS, for example, accepts bytes that it cannot write yet.
        end.connection.handle_write_pending(start);
        assert_eq!(end.connection.poll_timeout(), Some(start + 30 * SECOND));
        end.connection.handle_flushed();
        assert_eq!(end.connection.poll_timeout(), None, "all was written");
        end.connection.handle_timeout(start + 30 * SECOND);
        assert_eq!(end.connection.step(), CloseStep::Receive);
    }
}

#[test]
fn a_dead_peer_gets_1011_and_the_keepalive_is_the_cause() {
    for role in ROLES {
        let mut end = End::playing(role);
        let start = Instant::now();
        end.connection.start(start);
        assert_eq!(end.connection.poll_timeout(), Some(start + 20 * SECOND));
        end.connection.handle_timeout(start + 20 * SECOND);
        assert_eq!(wire::frames(&end.transmit())[0].first, PING);
        end.connection.handle_timeout(start + 40 * SECOND);
        let sent = wire::frames(&end.transmit());
        assert_eq!(sent[0].payload, b"\x03\xf3keepalive ping timeout");
        assert_eq!(end.connection.outcome().cause, Some(timeout(Operation::Keepalive)));
        assert!(!end.connection.outcome().is_ok());
        assert_eq!(end.connection.step(), CloseStep::ShutDown);
        let error = end.connection.send("hello").expect_err("it is dead");
        assert!(matches!(error, sockeye_errors::Error::ConnectionClosed(_)), "{error:?}");
    }
}

#[test]
fn pings_keep_their_interval_while_earlier_ones_have_no_answer() {
    for role in ROLES {
        let mut end = End::configured(role, &Config::default().ping_interval(2 * SECOND));
        let start = Instant::now();
        end.connection.start(start);
        for second in (2..22).step_by(2) {
            assert_eq!(end.connection.poll_timeout(), Some(start + second * SECOND));
            end.connection.handle_timeout(start + second * SECOND);
            assert_eq!(wire::frames(&end.transmit())[0].first, PING, "at {second} s");
        }
        end.connection.handle_timeout(start + 22 * SECOND);
        assert_eq!(end.connection.outcome().cause, Some(timeout(Operation::Keepalive)));
    }
}

#[test]
fn a_slow_upload_is_no_silence_of_the_peer() {
    for role in ROLES {
        let config = Config::default().ping_interval(SECOND).ping_timeout(SECOND);
        let mut end = End::configured(role, &config);
        let start = Instant::now();
        end.connection.start(start);
        end.connection.send(vec![7; 10_000_000]).expect("open");
        // The transport accepts 300 kB in each second but every third.
        for second in 1..60 {
            let now = start + second * SECOND;
            let mut len = if second % 3 == 0 { 0 } else { 300_000 };
            while len > 0
                && let Some(bytes) = end.connection.poll_transmit()
            {
                let part = bytes.len().min(len);
                len -= part;
                end.connection.handle_transmitted(|| now, part);
            }
            end.connection.handle_write_pending(now);
            if end.connection.is_flushed() {
                break;
            }
            end.connection.handle_timeout(now);
            assert_eq!(end.connection.state(), State::Open, "{role:?} after {second} s");
        }
        assert!(end.connection.is_flushed(), "{} bytes remain", end.connection.buffered());
    }
}

#[test]
fn any_byte_is_a_sign_of_life() {
    for role in ROLES {
        let mut end = End::playing(role);
        let start = Instant::now();
        end.connection.start(start);
        // A frame of which a byte comes each minute.
        for (byte, minute) in wire::frame(role, FIN | TEXT, b"slowly").into_iter().zip(0..) {
            let ping = start + (20 + 20 * minute) * SECOND;
            end.connection.handle_timeout(ping);
            assert_eq!(wire::frames(&end.transmit()).len(), 1, "a ping");
            end.receive(ping + 19 * SECOND, &[byte]);
            end.connection.handle_timeout(ping + Duration::from_nanos(19_999_999_999));
            assert_eq!(end.connection.state(), State::Open);
            if end.events.is_empty() {
                continue;
            }
            assert_eq!(end.events, [Event::Message("slowly".into())]);
        }
    }
}

#[test]
fn keepalive_pings_measure_latency() {
    let mut pair = Pair::new();
    pair.pass(20 * SECOND);
    let ping = wire::frames(&pair.client.transmit());
    pair.now += SECOND / 10;
    let now = pair.now;
    pair.client.receive(now, &wire::frame(Role::Client, PONG, &ping[0].payload));
    assert_eq!(pair.client.connection.latency(), Some(SECOND / 10));
}

#[test]
fn the_keepalive_ends_with_the_connection() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role, 1000, "").run().pass(1000 * SECOND).run();
        for role in ROLES {
            assert!(pair.end(role).connection.is_flushed());
            assert!(pair.end(role).connection.outcome().is_ok());
        }
        let mut end = End::playing(role);
        end.connection.start(Instant::now());
        end.receive(Instant::now(), &wire::frame(role, 0x8f, b""));
        end.transmit();
        end.connection.handle_timeout(Instant::now() + 20 * SECOND);
        assert!(end.connection.is_flushed(), "a ping after the close frame");
    }
}

#[test]
fn no_duration_makes_time_stop_or_overflow() {
    let durations = [
        None,
        Some(Duration::ZERO),
        Some(Duration::from_nanos(1)),
        Some(SECOND),
        Some(Duration::from_secs(u64::MAX)),
        Some(Duration::MAX),
    ];
    for interval in durations {
        for wait in durations {
            let mut config = Config::default();
            config.ping_interval = interval;
            (config.ping_timeout, config.close_timeout, config.write_timeout) = (wait, wait, wait);
            let mut pair = Pair::configured(&config);
            let (start, mut now) = (pair.now, pair.now);
            let end = &mut pair.client;
            end.connection.handle_write_pending(now);
            // A driver that acts on each deadline as it comes gets past the present.
            let mut actions = 0;
            while end.connection.poll_timeout().is_some_and(|deadline| deadline <= now) {
                end.connection.handle_timeout(now);
                actions += 1;
                assert!(actions < 100, "{interval:?} {wait:?}: it acts without end");
            }
            now += SECOND;
            end.connection.handle_timeout(now);
            end.connection.close(now, &sockeye_errors::Close::new(1000, "")).expect("valid");
            end.transmit();
            if wait.is_some_and(|wait| wait <= SECOND) {
                end.connection.handle_timeout(start + 2 * SECOND);
                assert_eq!(end.connection.step(), CloseStep::Done, "{interval:?} {wait:?}");
            } else {
                assert_eq!(end.connection.step(), CloseStep::Receive, "{interval:?} {wait:?}");
            }
        }
    }
}
