//! Against an implementation of DEFLATE that shares no line with the one beneath: miniz, by way of flate2.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use proptest::prelude::*;
use sockeye_deflate::{Compressor, Decompressor, DeflateConfig, Direction};

/// The bytes that a sender removes at the end of a message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

fn direction() -> Direction {
    let (_, _, agreement) = DeflateConfig::default()
        .window_bits(15)
        .answer_first(&[Vec::<(&str, Option<&str>)>::new()])
        .unwrap();
    agreement.ours
}

/// Messages that refer to each other, and some that do not compress.
fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let words =
        prop::sample::subsequence(b"the quick brown fox jumps over the lazy dog".to_vec(), 0..40);
    let text = prop::collection::vec(words, 0..60).prop_map(|words| words.concat());
    let noise = prop::collection::vec(any::<u8>(), 0..3000);
    prop::collection::vec(prop_oneof![3 => text, 1 => noise], 1..12)
}

fn inflate(miniz: &mut Decompress, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let start = miniz.total_in();
    loop {
        out.reserve(4096);
        let done = usize::try_from(miniz.total_in() - start).unwrap();
        miniz.decompress_vec(&input[done..], &mut out, FlushDecompress::Sync).unwrap();
        if out.len() < out.capacity() {
            return out;
        }
    }
}

fn deflate(miniz: &mut Compress, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() * 2 + 256);
    miniz.compress_vec(input, &mut out, FlushCompress::Sync).unwrap();
    assert!(out.len() < out.capacity());
    assert!(out.ends_with(&TAIL));
    out.truncate(out.len() - TAIL.len());
    out
}

proptest! {
    #[test]
    fn miniz_reads_what_we_compress(messages in messages(), level in 0_u8..=9) {
        let mut ours = Compressor::new(&DeflateConfig::default().level(level), direction());
        let mut miniz = Decompress::new(false);
        for message in messages {
            let mut wire = Vec::new();
            ours.compress(&message, true, &mut wire);
            wire.extend(TAIL);
            prop_assert_eq!(inflate(&mut miniz, &wire), message);
        }
    }

    #[test]
    fn we_read_what_miniz_compresses(messages in messages(), level in 0_u32..=9, cut in 1_usize..100) {
        let mut miniz = Compress::new(Compression::new(level), false);
        let mut ours = Decompressor::new(direction());
        for message in messages {
            let wire = deflate(&mut miniz, &message);
            let mut out = Vec::new();
            for piece in wire.chunks(cut) {
                ours.decompress(piece, &mut out, u64::MAX).unwrap();
            }
            ours.finish().unwrap();
            prop_assert_eq!(out, message);
        }
    }
}
