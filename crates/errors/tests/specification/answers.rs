//! The predicates of errors: whether the closure was normal, and whether and when to try again.

use http::{HeaderMap, StatusCode};
use sockeye_errors::{
    Close, CloseCause, ConnectionClosed, Error, InvalidProxyStatus, InvalidStatus, ProtocolError,
    Severity, SocksError, SocksReply,
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
    assert_eq!(busy(522, "120").map(|time| time.as_secs()), Some(120));
    for (code, value) in [
        (403, "120"),
        // There is no `Date` to compare it with.
        (503, "Fri, 31 Dec 1999 23:59:59 GMT"),
        (503, "-1"),
        (503, "soon"),
        (503, ""),
        (503, "1.5"),
        (503, "99999999999999999999"),
    ] {
        assert_eq!(busy(code, value), None, "{code} {value}");
    }
}

#[test]
fn retry_after_is_a_date_by_the_clock_of_the_server() {
    let wait = |date: &str, until: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("date", date.parse().expect("a header value"));
        headers.insert("retry-after", until.parse().expect("a header value"));
        let error =
            handshake(InvalidStatus::new(StatusCode::SERVICE_UNAVAILABLE, headers, Vec::new()));
        (error.retry_after().map(|time| time.as_secs()), error.hint().map(String::from))
    };
    let date = "Fri, 31 Dec 1999 23:59:00 GMT";
    for (until, seconds) in [
        ("Fri, 31 Dec 1999 23:59:59 GMT", 59),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 60),
        // The obsolete forms, which a recipient must accept.
        ("Friday, 31-Dec-99 23:59:59 GMT", 59),
        ("Fri Dec 31 23:59:59 1999", 59),
        // A date in the past.
        ("Fri, 31 Dec 1999 12:00:00 GMT", 0),
    ] {
        let hint = format!("the server asks to wait {seconds} s");
        assert_eq!(wait(date, until), (Some(seconds), Some(hint)), "{until}");
    }
    assert_eq!(wait("yesterday", "Fri, 31 Dec 1999 23:59:59 GMT"), (None, None));
    assert_eq!(wait(date, "Fri, 31 Dec 1999"), (None, None));
}

#[test]
fn a_server_or_proxy_that_may_recover_is_worth_another_try() {
    for code in 100..=999 {
        let retry = matches!(code, 408 | 429 | 500 | 502 | 503 | 504 | 520..=524);
        let status = StatusCode::from_u16(code).expect("a status");
        let error = handshake(InvalidStatus::new(status, HeaderMap::new(), Vec::new()));
        assert_eq!(error.is_retryable(), retry, "{code}");
        let retry = matches!(code, 408 | 429 | 500..=599);
        assert_eq!(proxy(InvalidProxyStatus::new(code, "")).is_retryable(), retry, "{code}");
    }
}
