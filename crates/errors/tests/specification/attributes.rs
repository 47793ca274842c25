//! The attributes of the exceptions have the names of the specification.

use std::{error::Error as _, io};

use sockeye_errors::{
    AddressError, Close, CloseCode, HeaderErrorKind, InvalidHeader, InvalidState, PayloadTooBig,
    State,
};

use crate::tree::closed;

#[test]
fn the_attributes_have_their_names() {
    let close = closed(Some(Close::new(4001, "why")), None);
    assert_eq!((close.code(), close.reason()), (Some(CloseCode::new(4001)), Some("why")));
    assert_eq!((closed(None, None).code(), closed(None, None).reason()), (None, None));

    let header = InvalidHeader::format("Upgrade", "a b");
    assert_eq!((&*header.name, header.value.as_deref()), ("Upgrade", Some("a b")));
    assert_eq!(header.kind, HeaderErrorKind::Format);
    assert_eq!(InvalidHeader::duplicate("x").kind, HeaderErrorKind::Duplicate);

    let too_big = PayloadTooBig::new(2, 1);
    assert_eq!((too_big.size, too_big.max_size), (2, 1));
    let state = InvalidState::new("ping", State::Closing);
    assert_eq!((state.operation, state.state), ("ping", State::Closing));
}

#[test]
fn a_failure_at_an_address_is_of_the_same_kind_and_can_be_found() {
    let error = io::Error::from(AddressError::new("[::1]:1", io::Error::from_raw_os_error(1)));
    assert_eq!(error.kind(), io::Error::from_raw_os_error(1).kind());
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<AddressError>());
    let inner = inner.expect("it is there");
    assert_eq!((&*inner.address, inner.error.raw_os_error()), ("[::1]:1", Some(1)));
    assert!(inner.source().is_none());
}
