//! Compressed data decompresses to the original, and refers to no data outside of the agreed window.

use std::fmt::Write as _;

use proptest::prelude::*;
use sockeye_deflate::{Compressor, Decompressor, DeflateConfig, Direction};

use crate::reference::Reference;

/// The direction from a server to a client that permits everything.
pub(crate) fn direction(deflate: &DeflateConfig) -> Direction {
    deflate.answer_first(&[[("client_max_window_bits", None::<&str>)]]).unwrap().2.ours
}

/// Text in which much repeats, at distances near and far.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n
    };
    let mut text = String::new();
    while text.len() < length {
        let (id, name) = (next(1000), ["alice", "bob", "carol", "dave"][next(4) as usize]);
        let _ = write!(text, "{{\"id\":{id},\"name\":\"{name}\",\"value\":{}}}", next(100_000_000));
    }
    text.into_bytes()
}

#[test]
fn no_level_refers_to_more_than_the_window() {
    let text = text(90_000);
    for bits in 8..=15 {
        for level in 0..=9 {
            for mem_level in if level == 6 { &[1, 5, 9][..] } else { &[5] } {
                let deflate =
                    DeflateConfig::default().level(level).mem_level(*mem_level).window_bits(bits);
                let mut compressor = Compressor::new(&deflate, direction(&deflate));
                let mut reference = Reference::new(1 << bits);
                // Small messages first, then one that makes any window slide.
                let (small, large) = text[..5000 + (5 << bits) / 2].split_at(5000);
                for message in small.chunks(700).chain([large]) {
                    let mut out = Vec::new();
                    compressor.compress(message, true, &mut out);
                    assert!(reference.read(&out).unwrap() == message, "{bits} {level}");
                }
                assert!(reference.farthest <= 1 << bits);
                if level == 9 {
                    assert!(reference.farthest > 100 << (bits - 8), "it uses the window");
                }
            }
        }
    }
}

#[test]
fn a_large_message_of_any_kind_comes_back() {
    let random: Vec<u8> =
        (0_u32..300_000).map(|i| i.wrapping_mul(i ^ 0x9e37_79b9).to_be_bytes()[1]).collect();
    for message in [text(300_000), vec![0; 300_000], random] {
        for level in [0, 1, 4, 9] {
            let deflate = DeflateConfig::default().level(level);
            let mut compressor = Compressor::new(&deflate, direction(&deflate));
            let mut decompressor = Decompressor::new(direction(&deflate));
            for last in [false, true, true] {
                let mut wire = Vec::new();
                compressor.compress(&message, last, &mut wire);
                assert!(wire.len() < message.len() + message.len() / 200 + 100);
                let mut out = Vec::new();
                decompressor.decompress(&wire, &mut out, 1 << 20).unwrap();
                if last {
                    decompressor.finish().unwrap();
                }
                assert!(out == message);
            }
        }
    }
}

/// A step of a connection.
#[derive(Clone, Debug)]
enum Step {
    Message { fragments: Vec<Vec<u8>>, cut: usize },
    ParkCompressor,
    ParkDecompressor,
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    let words = prop::sample::select(vec!["alpha", "beta", "{\"key\":", "\"value\"}", "\0", "ü"]);
    let words = prop::collection::vec(words, 0..150).prop_map(|words| words.concat().into_bytes());
    let noise = prop::collection::vec(any::<u8>(), 0..300);
    let fragment = prop_oneof![4 => words, 1 => noise];
    let message = (prop::collection::vec(fragment, 1..4), 1_usize..100)
        .prop_map(|(fragments, cut)| Step::Message { fragments, cut });
    prop_oneof![
        8 => message,
        1 => Just(Step::ParkCompressor),
        1 => Just(Step::ParkDecompressor),
        1 => Just(Step::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn messages_come_back_whatever_the_settings(
        steps in prop::collection::vec(step(), 1..12),
        (level, mem_level, bits, no_takeover) in (0_u8..=9, 1_u8..=9, 8_u8..=15, any::<bool>()),
    ) {
        let deflate = DeflateConfig::default()
            .level(level)
            .mem_level(mem_level)
            .window_bits(bits)
            .no_context_takeover(no_takeover);
        let direction = direction(&deflate);
        let mut compressor = Compressor::new(&deflate, direction);
        let mut decompressor = Decompressor::new(direction);
        let mut reference = Reference::new(1 << bits);
        for step in steps {
            let (fragments, cut) = match step {
                Step::Message { fragments, cut } => (fragments, cut),
                Step::ParkCompressor => { compressor.park(); continue }
                Step::ParkDecompressor => { decompressor.park(); continue }
                Step::Forget => { compressor.forget(); continue }
            };
            let mut wire = Vec::new();
            for (index, fragment) in fragments.iter().enumerate() {
                compressor.compress(fragment, index + 1 == fragments.len(), &mut wire);
            }
            let message = fragments.concat();
            let mut out = Vec::new();
            for piece in wire.chunks(cut) {
                decompressor.decompress(piece, &mut out, message.len() as u64).unwrap();
                decompressor.park();
            }
            decompressor.finish().unwrap();
            prop_assert_eq!(&out, &message);
            if no_takeover {
                reference = Reference::new(1 << bits);
            }
            prop_assert_eq!(&reference.read(&wire).unwrap(), &message);
        }
    }
}
