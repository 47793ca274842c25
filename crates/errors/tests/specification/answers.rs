//! The predicates of errors: whether the closure was normal, and whether and when to try again.

use http::{HeaderMap, StatusCode};
use sockeye_errors::{
    Close, CloseCause, ConnectionClosed, Error, InvalidStatus, ProtocolError, Severity, SocksError,
    SocksReply,
};

use crate::tree::{closed, handshake, proxy};

#[test]
fn a_connection_is_closed_normally_with_two_normal_close_frames() {
    for (rcvd, sent, ok) in [
        (Some(1000), Some(1000), true),
        (Some(1001), Some(1000), true),
        (Some(1005), Some(1005), true),
        (Some(1000), None, false),
        (None, Some(1000), false),
        (None, None, false),
        (Some(1000), Some(1002), false),
        (Some(4000), Some(4000), false),
        (Some(1006), Some(1000), false),
    ] {
        let frame = |code: Option<u16>| code.map(|code| Close::new(code, ""));
        assert_eq!(closed(frame(rcvd), frame(sent)).is_ok(), ok, "{rcvd:?} {sent:?}");
    }
}

#[test]
fn a_violation_by_the_peer_is_not_retryable_whatever_code_was_sent() {
    let mut closed = ConnectionClosed::default();
    closed.sent = Some(Close::new(1011, ""));
    closed.cause = Some(CloseCause::Protocol(ProtocolError::Masked));
    let error = Error::from(closed);
    assert!(!error.is_retryable());
    assert_eq!(error.severity(), Severity::Warn);
}

#[test]
fn a_socks_proxy_that_fails_is_worth_another_try_and_one_that_forbids_is_not() {
    for (reply, retry) in [
        // RFC 1928 §6: general failures and failures of the network, but not policies and unsupported requests.
        (SocksReply::V5(1), true),
        (SocksReply::V5(2), false),
        (SocksReply::V5(3), true),
        (SocksReply::V5(4), true),
        (SocksReply::V5(5), true),
        (SocksReply::V5(6), true),
        (SocksReply::V5(7), false),
        (SocksReply::V5(8), false),
        // SOCKS 4 has one code for all failures, including permanent ones.
        (SocksReply::V4(91), true),
        (SocksReply::V4(92), false),
        (SocksReply::V4(93), false),
        (SocksReply::NoAcceptableMethod, false),
        (SocksReply::Authentication, false),
    ] {
        assert_eq!(proxy(SocksError::new(reply)).is_retryable(), retry, "{reply:?}");
    }
}

#[test]
fn retry_after_is_a_number_of_seconds_of_a_busy_server() {
    let busy = |code: u16, value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", value.parse().expect("a header value"));
        let status = StatusCode::from_u16(code).expect("a status");
        handshake(InvalidStatus::new(status, headers, Vec::new())).retry_after()
    };
    assert_eq!(busy(503, "120").map(|time| time.as_secs()), Some(120));
    assert_eq!(busy(429, "0").map(|time| time.as_secs()), Some(0));
    for (code, value) in [
        (500, "120"),
        (503, "-1"),
        (503, "soon"),
        (503, ""),
        (503, "1.5"),
        (503, "99999999999999999999"),
    ] {
        assert_eq!(busy(code, value), None, "{code} {value}");
    }
}
