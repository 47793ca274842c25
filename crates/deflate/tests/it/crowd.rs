//! Many connections that compress occasionally.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sockeye_deflate::{Compressor, Decompressor, DeflateConfig};

use crate::{
    reference::Reference,
    round_trip::{direction, text},
};

/// The limit applies to the whole process, so these tests run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// More compressors in the middle of a message than the limit allows.
fn crowd() -> Vec<Compressor> {
    let deflate = DeflateConfig::default().level(1).mem_level(1).window_bits(9);
    (0..600)
        .map(|_| {
            let mut compressor = Compressor::new(&deflate, direction(&deflate));
            compressor.compress(b"begun", false, &mut Vec::new());
            compressor
        })
        .collect()
}

#[test]
fn only_so_many_keep_their_state_between_messages() {
    let _alone = alone();
    let deflate = DeflateConfig::default();
    let (_, _, agreement) = deflate.answer_first(&deflate.offers()).unwrap();
    let mut ends: Vec<_> = (0..1000)
        .map(|_| (Compressor::new(&deflate, agreement.ours), Decompressor::new(agreement.ours)))
        .collect();
    let text = "what one connection says, another may say as well; ".repeat(20);
    let (mut first, mut second) = (0, 0);
    for (turn, size) in [&mut first, &mut second].into_iter().enumerate() {
        for (number, (compressor, decompressor)) in ends.iter_mut().enumerate() {
            let message = format!("{text}{number} {turn}");
            let (mut compressed, mut decompressed) = (Vec::new(), Vec::new());
            compressor.compress(message.as_bytes(), true, &mut compressed);
            decompressor.decompress(&compressed, &mut decompressed, u64::MAX).expect("it is good");
            decompressor.finish().expect("it is whole");
            assert_eq!(decompressed, message.as_bytes());
            *size += compressed.len();
        }
    }
    let kept = ends
        .iter()
        .flat_map(|(compressor, decompressor)| [compressor.is_parked(), decompressor.is_parked()])
        .filter(|is_parked| !is_parked)
        .count();
    assert!((1..=600).contains(&kept), "{kept} states are kept");
    // Those that do not keep it remember what was said all the same.
    assert!(second < first / 2, "{second} bytes after {first}");
}

#[test]
fn in_a_crowd_every_window_is_kept_to() {
    let _alone = alone();
    let _crowd = crowd();
    let text = text(200_000);
    for bits in 8..=15 {
        for takeover in [true, false] {
            let deflate = DeflateConfig::default().window_bits(bits).no_context_takeover(!takeover);
            let direction = direction(&deflate);
            let mut compressor = Compressor::new(&deflate, direction);
            let mut decompressor = Decompressor::new(direction);
            let mut reference = Reference::new(1 << bits);
            for length in [1, 700, 0, 5000, 40_000, 255, 256, 257, 4096, 32_768, 100, 100] {
                let message = &text[..length];
                let mut compressed = Vec::new();
                for (part, last) in
                    [(&message[..length / 2], false), (&message[length / 2..], true)]
                {
                    let mut decompressed = Vec::new();
                    let start = compressed.len();
                    compressor.compress(part, last, &mut compressed);
                    let part_compressed = &compressed[start..];
                    decompressor.decompress(part_compressed, &mut decompressed, u64::MAX).unwrap();
                    assert!(decompressed == part, "{bits} {takeover} {length}");
                }
                decompressor.finish().unwrap();
                assert!(compressor.is_parked() && decompressor.is_parked());
                assert!(reference.read(&compressed).unwrap() == message, "{bits} {takeover}");
                assert!(reference.farthest <= 1 << bits);
            }
        }
    }
}

#[test]
fn those_that_left_in_the_middle_are_no_crowd() {
    let _alone = alone();
    let deflate = DeflateConfig::default();
    for _ in 0..3 {
        drop(crowd());
        for _ in 0..600 {
            let mut begun = Decompressor::new(direction(&deflate));
            begun.decompress(&[0x02], &mut Vec::new(), u64::MAX).unwrap();
            let mut failed = Decompressor::new(direction(&deflate));
            failed.decompress(&[0x07], &mut Vec::new(), u64::MAX).unwrap_err();
        }
    }
    let mut compressor = Compressor::new(&deflate, direction(&deflate));
    compressor.compress(b"whole", true, &mut Vec::new());
    assert!(!compressor.is_parked(), "those that are gone are counted");
    // No compressor was returned twice, which would raise the limit permanently or let the count wrap around.
    let _crowd = crowd();
    compressor.compress(b"whole", true, &mut Vec::new());
    assert!(compressor.is_parked(), "those that are there are not counted");
}
