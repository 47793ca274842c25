//! Hostile input: bombs, data without content, and garbage.

use proptest::prelude::*;
use sockeye_deflate::{Compressor, Decompressor, DeflateConfig};
use sockeye_errors::{PayloadTooBig, ProtocolError};

use crate::{examples::without_parameters, reference::Reference};

fn decompressor() -> Decompressor {
    let agreement = without_parameters(&DeflateConfig::default());
    Decompressor::new(agreement.theirs)
}

/// A fragment of this many zeros, compressed.
fn zeros(count: usize) -> Vec<u8> {
    let deflate = DeflateConfig::best();
    let agreement = without_parameters(&deflate);
    let mut out = Vec::new();
    Compressor::new(&deflate, agreement.ours).compress(&vec![0; count], false, &mut out);
    out
}

#[test]
fn a_message_of_exactly_the_limit_is_accepted_and_a_larger_one_refused() {
    for size in [1_u64, 5, 255, 4096, 16_384, 100_000] {
        for cut in [1, 100, usize::MAX] {
            for (limit, fits) in [(size - 1, false), (size, true), (size + 1, true)] {
                let data = zeros(size.try_into().unwrap());
                let mut it = decompressor();
                let mut out = Vec::new();
                let result = data
                    .chunks(cut)
                    .try_for_each(|piece| it.decompress(piece, &mut out, limit))
                    .and_then(|()| it.decompress(&[0], &mut out, limit))
                    .and_then(|()| it.finish());
                let error = PayloadTooBig::new(limit + 1, limit).into();
                assert_eq!(result, if fits { Ok(()) } else { Err(error) });
                assert_eq!(out.len() as u64, size.min(limit));
            }
        }
    }
}

#[test]
fn a_bomb_stops_at_the_limit_however_it_is_cut() {
    const LIMIT: u64 = 1 << 20;
    let fragment = zeros(1 << 20);
    for cut in [1, 3, 1000, 4096, usize::MAX] {
        let mut it = decompressor();
        let mut out = Vec::new();
        let mut sent = 0;
        // 10 GiB in all, were they taken.
        let error = std::iter::repeat_n(&fragment, 10 * 1024)
            .flat_map(|fragment| fragment.chunks(cut))
            .inspect(|piece| sent += piece.len())
            .find_map(|piece| it.decompress(piece, &mut out, LIMIT).err());
        assert_eq!(error, Some(PayloadTooBig::new(LIMIT + 1, LIMIT).into()));
        assert_eq!(out.len() as u64, LIMIT);
        assert!(out.capacity() as u64 <= LIMIT, "{}", out.capacity());
        assert!(sent <= 2 * fragment.len().max(cut.min(fragment.len())), "{sent}");
    }
}

#[test]
fn the_limit_counts_what_was_taken_away() {
    let mut it = decompressor();
    let fragment = zeros(1000);
    let mut total = 0;
    let error = (0..5).find_map(|_| {
        let mut out = Vec::new();
        let result = it.decompress(&fragment, &mut out, 2500);
        total += out.len();
        result.err()
    });
    assert_eq!((error, total), (Some(PayloadTooBig::new(2501, 2500).into()), 2500));
}

#[test]
fn the_limit_is_that_of_one_message() {
    let mut it = decompressor();
    for _ in 0..10 {
        let mut out = Vec::new();
        it.decompress(&zeros(1000), &mut out, 1000).unwrap();
        it.decompress(&[0], &mut out, 1000).unwrap();
        it.finish().unwrap();
        assert_eq!(out.len(), 1000);
    }
}

#[test]
fn memory_follows_what_arrived() {
    let mut it = decompressor();
    let mut out = Vec::new();
    let mut random = 1_u32;
    let stored: Vec<u8> = (0..20)
        .flat_map(|_| {
            let mut block = vec![0x00, 0xe8, 0x03, 0x17, 0xfc];
            block.extend((0..1000).map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                random.to_be_bytes()[0]
            }));
            block
        })
        .collect();
    for piece in stored.chunks(77) {
        it.decompress(piece, &mut out, u64::MAX).unwrap();
        assert!(out.capacity() <= 2 * (out.len() + 16 * 1024), "{}", out.capacity());
    }
    assert_eq!(out.len(), 20_000);
}

#[test]
fn a_vector_with_other_content_is_appended_to() {
    let mut out = vec![9; 300];
    let mut it = decompressor();
    it.decompress(&zeros(1000), &mut out, 1000).unwrap();
    assert_eq!(out, [vec![9; 300], vec![0; 1000]].concat());
}

/// Repeats a piece of a message without content until it is refused; returns after how many bytes.
fn flood(it: &mut Decompressor, piece: &[u8], cut: usize) -> (usize, ProtocolError) {
    let data = piece.repeat((1 << 20) / piece.len());
    let mut out = Vec::new();
    let mut sent = 0;
    for part in data.chunks(cut) {
        sent += part.len();
        if let Err(error) = it.decompress(part, &mut out, 1 << 20) {
            assert!(out.is_empty());
            return (sent, error);
        }
    }
    panic!("it takes {sent} bytes");
}

#[test]
fn data_without_content_is_refused_after_64_kib() {
    // An empty stored block; four empty blocks with the fixed code; final ones.
    for piece in [&[0, 0, 0, 0xff, 0xff][..], &[0x02, 0x08, 0x20, 0x80, 0x00], &[3, 0]] {
        for cut in [1, 7, 1000, 4096] {
            let (sent, error) = flood(&mut decompressor(), piece, cut);
            assert_eq!(error, ProtocolError::UnproductiveDeflate);
            assert_eq!(sent, (64 * 1024_usize).next_multiple_of(cut), "{piece:?} {cut}");
        }
    }
}

#[test]
fn final_blocks_cost_no_more_than_their_share() {
    let mut it = decompressor();
    // A full window, which each final block makes to be copied.
    it.decompress(&zeros(1 << 15), &mut Vec::new(), 1 << 15).unwrap();
    it.decompress(&[0], &mut Vec::new(), 1 << 15).unwrap();
    it.finish().unwrap();
    let (sent, error) = flood(&mut it, &[3, 0], 2);
    assert_eq!(error, ProtocolError::UnproductiveDeflate);
    assert!(sent < 100, "{sent}");
}

#[test]
fn the_first_error_is_final() {
    let mut it = decompressor();
    let mut out = Vec::new();
    let error = it.decompress(&[0xff], &mut out, 10).unwrap_err();
    assert_eq!(error, ProtocolError::CorruptDeflate);
    it.park();
    assert_eq!(it.decompress(&[0], &mut out, 10), Err(error));
    assert_eq!(it.decompress(&[], &mut out, 10), Err(error));
    assert_eq!(it.finish(), Err(error));
}

/// Reads a message that is cut in pieces of these sizes, in turn.
fn read(data: &[u8], cuts: &[usize], limit: u64) -> (Vec<u8>, Result<(), ProtocolError>) {
    let mut it = decompressor();
    let mut out = Vec::new();
    let mut rest = data;
    for cut in cuts.iter().cycle() {
        let (piece, after) = rest.split_at(rest.len().min(*cut));
        let result = it.decompress(piece, &mut out, limit);
        assert!(out.len() as u64 <= limit);
        if result.is_err() {
            return (out, result);
        }
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let result = it.finish();
    (out, result)
}

/// Bytes that get far: compressed text with some of them changed, or pure chance.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let chance = prop::collection::vec(any::<u8>(), 1..200);
    let text = prop::collection::vec(prop::sample::select(&b"aaabbc {}:\","[..]), 1..600);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    let damaged = (text, changes, 1_u8..9).prop_map(|(text, changes, level)| {
        let deflate = DeflateConfig::default().level(level);
        let agreement = without_parameters(&deflate);
        let mut out = Vec::new();
        Compressor::new(&deflate, agreement.ours).compress(&text, true, &mut out);
        for (index, byte) in changes {
            let index = index.index(out.len());
            out[index] ^= byte;
        }
        out
    });
    prop_oneof![chance, damaged]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn garbage_is_judged_as_by_the_reference(data in garbage()) {
        let (out, result) = read(&data, &[usize::MAX], 1 << 20);
        let expected = Reference::new(1 << 15).read(&data);
        let corrupt = ProtocolError::CorruptDeflate;
        prop_assert_eq!(result.map(|()| out), expected.map_err(|_| corrupt));
    }

    #[test]
    fn it_does_not_matter_how_data_is_cut(
        data in garbage(),
        cuts in prop::collection::vec(1_usize..50, 1..5),
        limit in prop_oneof![0_u64..700, Just(u64::MAX)],
    ) {
        let (whole, verdict) = read(&data, &[usize::MAX], limit);
        let (out, result) = read(&data, &cuts, limit);
        prop_assert_eq!(result, verdict);
        if verdict.is_ok() {
            prop_assert_eq!(out, whole);
        }
    }
}
