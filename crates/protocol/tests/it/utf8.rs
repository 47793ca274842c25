//! Text that is not UTF-8 is rejected at the first byte that makes it invalid.

use std::{str, time::Instant};

use proptest::prelude::*;
use sockeye_errors::ProtocolError;
use sockeye_protocol::{Message, Role};

use crate::{
    pair::{End, ROLES},
    wire::{self, BINARY, CONTINUATION, FIN, TEXT},
};

const WRONG: [&[u8]; 9] = [
    b"\xff",
    b"plain \x80",
    b"\xc0\xaf",
    b"\xed\xa0\x80 edited",
    b"\xf4\x90\x80\x80 edited",
    b"\xf0\x80\x80\xaf",
    b"\xe2\x82 euro",
    "κόσμε\u{10ffff}\u{fffd}".as_bytes(),
    b"cut off \xf0\x9f\x90",
];

/// How many bytes can come before it is certain that the text is not valid; `None` if it never is.
fn hopeless_after(text: &[u8]) -> Option<usize> {
    let hopeless =
        |end: &usize| str::from_utf8(&text[..*end]).is_err_and(|error| error.error_len().is_some());
    (1..=text.len()).find(hopeless)
}

#[test]
fn a_text_fails_at_its_first_wrong_byte_inside_an_incomplete_frame() {
    for role in ROLES {
        for text in WRONG {
            // More bytes are announced than arrive.
            let mut wire = wire::frame(role, FIN | TEXT, &[text, &[b'x'; 100]].concat());
            wire.truncate(wire.len() - 100);
            let start = wire.len() - text.len();
            let mut end = End::playing(role);
            end.receive(Instant::now(), &wire[..start]);
            for (at, byte) in wire[start..].iter().enumerate() {
                end.receive(Instant::now(), &[*byte]);
                let hopeless = hopeless_after(text).is_some_and(|after| at + 1 >= after);
                assert_eq!(end.failure().is_some(), hopeless, "{text:x?} at {at}");
            }
            assert_eq!(end.sent_code(), hopeless_after(text).map(|_| 1007), "{text:x?}");
        }
    }
}

#[test]
fn a_text_fails_at_its_first_wrong_byte_however_it_is_cut_into_frames() {
    for role in ROLES {
        for text in WRONG {
            for cut in 0..=text.len() {
                let mut end = End::playing(role);
                end.receive(Instant::now(), &wire::frame(role, TEXT, &text[..cut]));
                let early = hopeless_after(&text[..cut]).is_some();
                assert_eq!(end.failure().is_some(), early, "{text:x?} cut at {cut}");
                if !early {
                    end.receive(
                        Instant::now(),
                        &wire::frame(role, FIN | CONTINUATION, &text[cut..]),
                    );
                    let valid = str::from_utf8(text).is_ok();
                    assert_eq!(end.failure().is_none(), valid, "{text:x?} cut at {cut}");
                    assert_eq!(end.messages().len(), usize::from(valid));
                }
            }
        }
    }
}

#[test]
fn a_text_that_ends_inside_a_character_is_refused() {
    for role in ROLES {
        for text in ["é", "€", "🐟"] {
            for len in 1..text.len() {
                let mut end = End::playing(role);
                end.receive(
                    Instant::now(),
                    &wire::frame(role, FIN | TEXT, &text.as_bytes()[..len]),
                );
                assert_eq!(end.failure(), Some(ProtocolError::InvalidUtf8));
            }
        }
    }
}

#[test]
fn binary_messages_may_hold_anything() {
    for text in WRONG {
        let mut end = End::playing(Role::Server);
        end.receive(Instant::now(), &wire::frame(Role::Server, FIN | BINARY, text));
        assert_eq!(end.messages()[0].as_bytes(), text);
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_frames_are_a_text_where_the_standard_library_says_so(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0xc0_u8, Just(0xf0), Just(0xe2)], 0..40),
        frame in 1_usize..10,
        read in 1_usize..10,
    ) {
        let mut wire = wire::frame(Role::Client, TEXT, b"");
        for piece in bytes.chunks(frame) {
            wire.extend(wire::frame(Role::Client, CONTINUATION, piece));
        }
        wire.extend(wire::frame(Role::Client, FIN | CONTINUATION, b""));
        let mut end = End::playing(Role::Client);
        for piece in wire.chunks(read) {
            end.receive(Instant::now(), piece);
        }
        if let Ok(text) = str::from_utf8(&bytes) {
            prop_assert_eq!(end.messages(), [text]);
        } else {
            prop_assert_eq!(end.failure(), Some(ProtocolError::InvalidUtf8));
        }
    }
}

/// Payloads around the length up to which a text needs no memory: of any bytes, of ASCII, and of characters that may be cut off.
fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..=64),
        "[ -~]{0,64}".prop_map(String::into_bytes),
        "\\PC{0,32}".prop_map(String::into_bytes),
        ("[a-zé€🐟]{1,20}", 1_usize..4).prop_map(|(text, cut)| {
            let len = text.len().saturating_sub(cut);
            text.as_bytes()[..len].to_vec()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn short_texts_are_judged_alone_whatever_stands_behind_them(
        frames in prop::collection::vec((payloads(), any::<[u8; 4]>(), prop::bool::weighted(0.9)), 1..8),
        behind in prop::collection::vec(any::<u8>(), 0..2),
        piece in prop_oneof![Just(usize::MAX), 1_usize..200],
        role in prop::sample::select(ROLES.to_vec()),
    ) {
        let (mut wire, mut expected, mut wrong) = (Vec::new(), Vec::<Message>::new(), false);
        for (payload, key, is_text) in frames {
            wire.extend(wire::frame_with(role, FIN | if is_text { TEXT } else { BINARY }, key, &payload));
            wrong |= is_text && str::from_utf8(&payload).is_err();
            if !wrong {
                let text = str::from_utf8(&payload).map(Message::from);
                expected.push(if is_text { text.expect("UTF-8") } else { payload.into() });
            }
        }
        // The beginning of the next piece.
        wire.extend(behind.iter().map(|byte| byte & 1 | FIN));
        let mut end = End::playing(role);
        for bytes in wire.chunks(piece) {
            end.receive(Instant::now(), bytes);
        }
        prop_assert_eq!(end.messages(), expected);
        prop_assert_eq!(end.failure(), wrong.then_some(ProtocolError::InvalidUtf8));
    }
}
