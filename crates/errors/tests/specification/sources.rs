//! The source of an error is its cause, and callers can downcast it.

use std::{error::Error as StdError, io, sync::Arc};

use sockeye_errors::{
    CloseCause, ConnectionClosed, Error, InvalidHeader, InvalidMessage, InvalidOrigin,
    InvalidProxyMessage, InvalidUpgrade, Operation, ProtocolError, SecurityError, Timeout,
};

use crate::tree::{handshake, proxy};

#[test]
fn the_source_of_an_invalid_header_says_what_is_wrong_with_it() {
    for (error, why) in [
        (InvalidHeader::missing("Upgrade"), "it is missing"),
        (InvalidHeader::duplicate("Upgrade"), "it is there more than once"),
        (InvalidHeader::format("Upgrade", "a b"), "it does not follow its grammar"),
        (InvalidHeader::value("Upgrade", "h2c"), "it has the wrong value"),
        (InvalidHeader::name("a b"), "this is not the name of a header"),
        (InvalidHeader::reserved("upgrade"), "the handshake sets it itself"),
    ] {
        let problem = error.kind;
        for error in [handshake(error.clone()), handshake(InvalidUpgrade::new(error))] {
            let source = error.source().expect("there is a reason");
            assert_eq!(source.to_string(), why);
            assert_eq!(source.downcast_ref(), Some(&problem));
        }
    }
}

#[test]
fn the_source_of_an_invalid_origin_says_what_is_wrong_with_it() {
    let grammar =
        "an origin is a scheme, ://, a host and perhaps a port, such as https://example.com";
    for (error, origin, why) in [
        (InvalidOrigin::new("https://evil.example"), "https://evil.example", "it is not admitted"),
        (
            InvalidOrigin::not_own("https://evil.example", "https://example.com"),
            "https://evil.example",
            "it is not the server's own, which is https://example.com according to the Host header",
        ),
        (
            InvalidOrigin::not_listed("null", "https://a.example, https://b.example"),
            "null",
            "it is none of the admitted ones: https://a.example, https://b.example",
        ),
        (InvalidOrigin::missing(), "", "it is missing"),
        (InvalidOrigin::format("example.com"), "example.com", grammar),
    ] {
        assert_eq!(error.to_string(), format!("Invalid origin: {origin}"));
        let problem = error.kind.clone();
        let error = handshake(error);
        let source = error.source().expect("there is a reason");
        assert_eq!(source.to_string(), why);
        assert_eq!(source.downcast_ref(), Some(&problem));
    }
}

#[test]
fn the_source_of_a_closed_connection_is_what_ended_it() {
    let with = |cause| {
        let mut closed = ConnectionClosed::default();
        closed.cause = Some(cause);
        Error::from(closed)
    };
    let error = with(CloseCause::Protocol(ProtocolError::InvalidUtf8));
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&ProtocolError::InvalidUtf8));

    let error = with(CloseCause::Timeout(Timeout::new(Operation::Keepalive)));
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&Timeout::new(Operation::Keepalive)));

    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let error = with(CloseCause::Io(Arc::new(reset)));
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::ConnectionReset));
}

#[test]
fn a_cause_that_is_shared_is_still_itself() {
    let refused = SecurityError::Certificate(Arc::new(InvalidOrigin::new("stands for any error")));
    let error = handshake(refused);
    assert!(error.source().is_some_and(<dyn StdError>::is::<InvalidOrigin>));

    let error = handshake(InvalidMessage::truncated());
    assert!(error.source().is_some_and(<dyn StdError>::is::<io::Error>));

    let error = proxy(InvalidProxyMessage::truncated());
    assert!(error.source().is_some_and(<dyn StdError>::is::<io::Error>));
}
