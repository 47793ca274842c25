//! The examples of [RFC 7692 §7.2.3](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.3), and similar cases.

use sockeye_deflate::{Agreement, Compressor, Decompressor, DeflateConfig};
use sockeye_errors::ProtocolError;

const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN: &[u8] = &[0xf2, 0x00, 0x11, 0x00, 0x00];
const HELLO_STORED: &[u8] = &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
const HELLO_FINAL: &[u8] = &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
const HELLO_IN_TWO_BLOCKS: &[u8] =
    &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
const EMPTY: &[u8] = &[0x00];

/// The agreement of a server with a client whose offer has no parameters.
pub(crate) fn without_parameters(deflate: &DeflateConfig) -> Agreement {
    let offer: Vec<(&str, Option<&str>)> = Vec::new();
    deflate.answer_first(&[offer]).unwrap().2
}

fn decompressor(no_takeover: bool) -> Decompressor {
    let deflate = DeflateConfig::default().peer_no_context_takeover(no_takeover);
    let agreement = without_parameters(&deflate);
    Decompressor::new(agreement.theirs)
}

fn compressor(deflate: DeflateConfig) -> Compressor {
    let agreement = without_parameters(&deflate);
    Compressor::new(&deflate, agreement.ours)
}

/// Decompresses one message that comes in pieces of `size` bytes.
fn read(it: &mut Decompressor, data: &[u8], size: usize) -> Result<Vec<u8>, ProtocolError> {
    let mut out = Vec::new();
    for piece in data.chunks(size) {
        it.decompress(piece, &mut out, 1000)?;
    }
    it.finish()?;
    Ok(out)
}

#[test]
fn the_examples_of_the_rfc_decompress() {
    for size in 1..14 {
        for no_takeover in [false, true] {
            let mut it = decompressor(no_takeover);
            // RFC 7692 §7.2.3.1, §7.2.3.3, §7.2.3.4, §7.2.3.5.
            for data in [HELLO, HELLO_STORED, HELLO_FINAL, HELLO_IN_TWO_BLOCKS] {
                assert_eq!(read(&mut it, data, size).unwrap(), b"Hello");
            }
            // RFC 7692 §7.2.3.6.
            assert_eq!(read(&mut it, EMPTY, size).unwrap(), b"");
        }
    }
}

#[test]
fn the_window_slides_over_messages() {
    // RFC 7692 §7.2.3.2.
    let mut it = decompressor(false);
    assert_eq!(read(&mut it, HELLO, 9).unwrap(), b"Hello");
    assert_eq!(read(&mut it, HELLO_AGAIN, 9).unwrap(), b"Hello");
    assert_eq!(read(&mut it, HELLO_AGAIN, 1).unwrap(), b"Hello");
}

#[test]
fn the_window_does_not_slide_without_context_takeover() {
    let mut it = decompressor(true);
    assert_eq!(read(&mut it, HELLO, 9).unwrap(), b"Hello");
    assert_eq!(read(&mut it, HELLO_AGAIN, 9), Err(ProtocolError::CorruptDeflate));
}

#[test]
fn the_window_survives_final_blocks_empty_messages_and_parking() {
    for size in 1..9 {
        let mut it = decompressor(false);
        assert_eq!(read(&mut it, HELLO_FINAL, size).unwrap(), b"Hello");
        assert_eq!(read(&mut it, HELLO_AGAIN, size).unwrap(), b"Hello");
        assert_eq!(read(&mut it, EMPTY, size).unwrap(), b"");
        it.park();
        assert_eq!(read(&mut it, HELLO_AGAIN, size).unwrap(), b"Hello");
        it.park();
        it.park();
        assert_eq!(read(&mut it, HELLO_FINAL, size).unwrap(), b"Hello");
        it.park();
        assert_eq!(read(&mut it, HELLO_AGAIN, size).unwrap(), b"Hello");
    }
}

#[test]
fn blocks_after_a_final_block_refer_to_those_before_it() {
    for no_takeover in [false, true] {
        let data = [&HELLO_FINAL[..7], &HELLO_FINAL[..7], HELLO_AGAIN].concat();
        for size in 1..20 {
            let mut it = decompressor(no_takeover);
            assert_eq!(read(&mut it, &data, size).unwrap(), b"HelloHelloHello");
        }
    }
}

#[test]
fn a_final_block_may_end_the_message() {
    let mut it = decompressor(false);
    assert_eq!(read(&mut it, &HELLO_FINAL[..7], 9).unwrap(), b"Hello");
    assert_eq!(read(&mut it, HELLO_AGAIN, 9).unwrap(), b"Hello");
}

#[test]
fn a_message_without_any_data_is_empty() {
    let mut it = decompressor(false);
    assert_eq!(read(&mut it, HELLO, 9).unwrap(), b"Hello");
    assert_eq!(read(&mut it, &[], 9).unwrap(), b"");
    assert_eq!(read(&mut it, HELLO_AGAIN, 9).unwrap(), b"Hello");
}

#[test]
fn a_message_that_ends_in_the_middle_of_a_block_is_corrupt() {
    for whole in [HELLO, HELLO_STORED, HELLO_FINAL, HELLO_IN_TWO_BLOCKS] {
        for length in 1..whole.len() {
            // Behind the final block, the header of an empty one can be missing. The header of a stored block, and that
            // of the empty one in the middle, may end a message.
            let is_whole = whole == HELLO_FINAL && length == 7
                || whole == HELLO_STORED && length == 1
                || whole == HELLO_IN_TWO_BLOCKS && length == 4;
            let mut it = decompressor(false);
            let result = read(&mut it, &whole[..length], 99);
            assert_eq!(result.is_ok(), is_whole, "{whole:x?} up to {length}: {result:?}");
        }
    }
}

#[test]
fn a_short_message_compresses_as_in_the_rfc() {
    let mut out = vec![7];
    compressor(DeflateConfig::default()).compress(b"Hello", true, &mut out);
    assert_eq!(out, [&[7], HELLO].concat());
}

#[test]
fn an_empty_message_is_one_byte() {
    let mut it = compressor(DeflateConfig::default());
    let mut out = Vec::new();
    it.compress(b"", true, &mut out);
    it.compress(b"Hello", true, &mut out);
    it.compress(b"", true, &mut out);
    assert_eq!(out, [EMPTY, HELLO, EMPTY].concat());
}

#[test]
fn each_fragment_can_be_decompressed_when_it_arrives() {
    let mut it = compressor(DeflateConfig::default());
    let mut back = decompressor(false);
    for round in 0..3 {
        let mut message = Vec::new();
        for (fragment, last) in
            [("", false), ("Hel", false), ("", false), ("lo", false), ("", true)]
        {
            let mut out = Vec::new();
            it.compress(fragment.as_bytes(), last, &mut out);
            let length = message.len();
            back.decompress(&out, &mut message, 5).unwrap();
            assert_eq!(&message[length..], fragment.as_bytes(), "round {round}");
        }
        back.finish().unwrap();
    }
}

#[test]
fn what_was_forgotten_is_not_referred_to() {
    let text = b"an endless repetition of an endless repetition";
    let mut it = compressor(DeflateConfig::default());
    let mut first = Vec::new();
    it.compress(text, true, &mut first);
    let mut lost = Vec::new();
    it.compress(b"a message that is sent uncompressed in the end", true, &mut lost);
    it.forget();
    let mut third = Vec::new();
    it.compress(text, true, &mut third);
    assert_eq!(third, first);
}

#[test]
fn parking_keeps_what_later_messages_repeat() {
    let text: Vec<u8> = (0..200).collect();
    let mut it = compressor(DeflateConfig::default());
    let mut out = Vec::new();
    it.compress(&text, true, &mut out);
    it.park();
    it.park();
    out.clear();
    it.compress(&text, true, &mut out);
    assert!(out.len() < 20, "{}", out.len());
}

#[test]
fn each_message_stands_alone_without_context_takeover() {
    let mut it = compressor(DeflateConfig::default().no_context_takeover(true));
    for _ in 0..3 {
        let mut out = Vec::new();
        it.compress(b"Hello", true, &mut out);
        assert_eq!(out, HELLO);
    }
}
