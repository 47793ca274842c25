//! Every frame header of two bytes in every state, compared with the rules of the RFC.

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ProtocolError};
use sockeye_protocol::{Config, Event, Message, Role};

use crate::connection::Connection;
use crate::{
    compression,
    pair::{End, ROLES, connection},
    wire,
};

/// Where the receiver is when the header comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    BetweenMessages,
    InText,
    InBinary,
    AfterClose,
}

/// The result of a frame of zeros with these first two bytes.
#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    /// The frame is accepted and causes no event.
    Nothing,
    Event(Event),
    /// The error, and the close code that answers it.
    Refused(ProtocolError, u16),
}

fn verdict(role: Role, deflate: bool, place: Place, first: u8, second: u8) -> Verdict {
    use ProtocolError as E;
    let violation = |error| Verdict::Refused(error, 1002);
    if place == Place::AfterClose {
        return Verdict::Nothing;
    }
    let (fin, rsv1, opcode) = (first >= 128, first / 64 % 2 == 1, first % 16);
    let (masked, length) = (second >= 128, usize::from(second % 128));
    let (rsv2, rsv3) = (first / 32 % 2 == 1, first / 16 % 2 == 1);
    if rsv2 || rsv3 {
        return violation(E::ReservedBits);
    }
    if matches!(opcode, 3..=7 | 11..) {
        return violation(E::ReservedOpcode { opcode });
    }
    let control = opcode >= 8;
    if control && !fin {
        return violation(E::FragmentedControl);
    }
    if control && rsv1 {
        return violation(E::ReservedBits);
    }
    if control && length > 125 {
        return violation(E::ControlTooLong { length: length as u64 });
    }
    if length > 125 {
        // The longer forms of the length are zero here.
        return violation(E::NonMinimalLength);
    }
    if masked != (role == Role::Server) {
        return violation(if masked { E::Masked } else { E::Unmasked });
    }
    if rsv1 && (!deflate || opcode == 0) {
        return violation(E::ReservedBits);
    }
    let zeros = vec![0; length];
    match opcode {
        8 if length == 1 => return violation(E::TruncatedCloseCode),
        8 if length > 1 => return violation(E::InvalidCloseCode { code: CloseCode::new(0) }),
        8 => return Verdict::Event(Event::Close(Close::empty())),
        9 => return Verdict::Event(Event::Ping(zeros.into())),
        10 => return Verdict::Event(Event::Pong(zeros.into())),
        _ => {}
    }
    let kind = match (opcode, place) {
        (0, Place::InText | Place::InBinary) => place,
        (0, _) => return violation(E::UnexpectedContinuation),
        (_, Place::InText | Place::InBinary) => return violation(E::ExpectedContinuation),
        (1, _) => Place::InText,
        _ => Place::InBinary,
    };
    if rsv1 && !is_stored_block(&zeros, fin) {
        return Verdict::Refused(E::CorruptDeflate, 1007);
    }
    if !fin {
        return Verdict::Nothing;
    }
    let payload = match (rsv1, opcode) {
        (true, _) => Vec::new(),
        (false, 0) => [&b"begun"[..], &zeros].concat(),
        _ => zeros,
    };
    Verdict::Event(Event::Message(if kind == Place::InText {
        String::from_utf8(payload).expect("zeros are UTF-8").into()
    } else {
        payload.into()
    }))
}

/// Whether zeros can be compressed data: an empty stored block, or the beginning of one.
///
/// RFC 1951 §3.2.4: a byte of zeros begins it, then follow its length and the complement of it, of two bytes each; the
/// last four bytes come from RFC 7692 §7.2.2.
fn is_stored_block(zeros: &[u8], fin: bool) -> bool {
    let tail: &[u8] = if fin { &[0, 0, 0xff, 0xff] } else { &[] };
    let block = [zeros, tail].concat();
    zeros.is_empty() || block.len() < 5 || block[1..5] == [0, 0, 0xff, 0xff]
}

fn place(role: Role, place: Place, connection: Connection) -> End {
    let mut end = End::new(connection);
    let bytes = match place {
        Place::BetweenMessages => return end,
        Place::InText => wire::frame(role, wire::TEXT, b"begun"),
        Place::InBinary => wire::frame(role, wire::BINARY, b"begun"),
        Place::AfterClose => wire::close(role, 1000, b""),
    };
    end.receive(std::time::Instant::now(), &bytes);
    end.events.clear();
    end
}

fn sweep(at: Place) {
    let config = Config::default();
    let now = std::time::Instant::now();
    for role in ROLES {
        for (deflate, link) in compression::alternatives() {
            for start in 0..=u16::MAX {
                let [first, second] = start.to_be_bytes();
                let expected = verdict(role, deflate, at, first, second);
                let mut end = place(role, at, link(connection(role, &config)));
                // As many zeros as belong to the frame: more would begin the next one.
                let form = usize::from(second % 128);
                let length = if form > 125 { 8 } else { form };
                let key = if second >= 128 { 4 } else { 0 };
                let mut bytes = vec![0; 2 + length + key];
                bytes[..2].copy_from_slice(&[first, second]);
                end.receive(now, &bytes);
                let context = format!("{first:#x} {second:#x} {at:?} {role:?} deflate: {deflate}");
                let verdict = match &*end.events {
                    [] => Verdict::Nothing,
                    [Event::Failed(error)] => {
                        Verdict::Refused(*error, end.sent_code().expect("told the peer"))
                    }
                    [event] => Verdict::Event(event.clone()),
                    events => panic!("{context}: {events:?}"),
                };
                assert_eq!(verdict, expected, "{context}");
            }
        }
    }
}

#[test]
fn every_header_between_messages_is_judged_as_the_rfc_says() {
    sweep(Place::BetweenMessages);
}

#[test]
fn every_header_inside_a_text_is_judged_as_the_rfc_says() {
    sweep(Place::InText);
}

#[test]
fn every_header_inside_a_binary_message_is_judged_as_the_rfc_says() {
    sweep(Place::InBinary);
}

#[test]
fn every_header_after_a_close_frame_is_ignored() {
    sweep(Place::AfterClose);
}

#[test]
fn a_header_that_is_wrong_is_refused_before_it_is_complete() {
    // Whether or not there is a payload of 2^63 bytes to come.
    for role in ROLES {
        let mut end = End::playing(role);
        end.receive(std::time::Instant::now(), &[0x83]);
        assert_eq!(end.failure(), Some(ProtocolError::ReservedOpcode { opcode: 3 }));
        let mut end = End::playing(role);
        let mask = if role == Role::Server { 0x80 } else { 0 };
        end.receive(std::time::Instant::now(), &[0x82, mask | 127, 0x80]);
        assert_eq!(end.failure(), Some(ProtocolError::LengthTooLarge));
    }
}

#[test]
fn an_event_contains_the_received_frame() {
    let mut end = End::playing(Role::Client);
    end.receive(std::time::Instant::now(), &[0x8a, 2, b'o', b'k', 0x82, 1, 7]);
    let message = Message::Binary(Bytes::from_static(&[7]));
    let pong = Event::Pong(Bytes::from_static(b"ok"));
    assert_eq!(end.events, [pong, Event::Message(message)]);
}
