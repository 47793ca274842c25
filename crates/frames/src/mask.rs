//! Masking: [RFC 6455 §5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3).
//!
//! Masking and unmasking are the same operation. The argument `offset` is the position of the first byte of `data` in
//! the payload of its frame, so a payload can be processed in pieces of any length.

/// Masks or unmasks `data` in place.
#[inline]
pub fn apply(data: &mut [u8], key: [u8; 4], offset: usize) {
    let key = key_word(key, offset);
    let (words, rest) = data.as_chunks_mut();
    for word in words {
        *word = xor(*word, key);
    }
    for (byte, key) in rest.iter_mut().zip(key.to_ne_bytes()) {
        *byte ^= key;
    }
}

/// Returns a masked or unmasked copy of the first bytes of a payload.
///
/// The loop works on words of four bytes: LLVM vectorizes these together with the code that uses the result.
#[inline]
pub fn apply_block<const N: usize>(data: &[u8; N], key: [u8; 4]) -> [u8; N] {
    let mut block = *data;
    let (words, rest) = block.as_chunks_mut();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
    block
}

/// Copies `data` to `out` and masks or unmasks it in the same pass.
///
/// # Panics
///
/// If the slices differ in length.
#[inline]
pub fn copy(data: &[u8], key: [u8; 4], offset: usize, out: &mut [u8]) {
    assert_eq!(data.len(), out.len(), "source and destination have the same length");
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    let (out_blocks, out_rest) = out.as_chunks_mut::<BLOCK>();
    let rotated = rotate_key(key, offset).to_ne_bytes();
    for (data, out) in blocks.iter().zip(out_blocks) {
        *out = apply_block(data, rotated);
    }
    copy_words(rest, key_word(key, offset), out_rest);
}

/// Appends `data` to `out` and masks or unmasks it in the same pass.
#[inline]
pub fn append(data: &[u8], key: [u8; 4], offset: usize, out: &mut Vec<u8>) {
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    if !blocks.is_empty() {
        out.reserve(data.len());
        let key = rotate_key(key, offset).to_ne_bytes();
        out.extend(blocks.iter().flat_map(|data| apply_block(data, key)));
    }
    let mut masked = [0; BLOCK];
    let masked = &mut masked[..rest.len()];
    copy_words(rest, key_word(key, offset), masked);
    out.extend_from_slice(masked);
}

/// Copies the bytes after the last whole block. A block is a multiple of the key, so the key has the phase that it has
/// at the first byte of the data.
#[inline]
fn copy_words(data: &[u8], key: u64, out: &mut [u8]) {
    let (words, rest) = data.as_chunks();
    let (out_words, out_rest) = out.as_chunks_mut();
    for (word, out) in words.iter().zip(out_words) {
        *out = xor(*word, key);
    }
    for ((byte, key), out) in rest.iter().zip(key.to_ne_bytes()).zip(out_rest) {
        *out = byte ^ key;
    }
}

/// Returns the key as a word that begins with the byte for the position `offset`.
#[inline]
fn key_word(key: [u8; 4], offset: usize) -> u64 {
    let key = rotate_key(key, offset);
    u64::from(key) << 32 | u64::from(key)
}

/// Returns the key, rotated so that it begins with the byte for the position `offset`.
#[inline]
fn rotate_key(key: [u8; 4], offset: usize) -> u32 {
    // §5.3: a byte at the position i is XORed with the byte i modulo 4 of the key.
    #[expect(clippy::cast_possible_truncation, reason = "less than 4")]
    let phase = (offset % 4) as u32;
    u32::from_le_bytes(key).rotate_right(8 * phase).to_le()
}

#[inline]
fn xor(word: [u8; WORD], key: u64) -> [u8; WORD] {
    (u64::from_ne_bytes(word) ^ key).to_ne_bytes()
}

/// Bytes in a word, a multiple of the length of the key.
const WORD: usize = 8;

/// Bytes in a block, a multiple of a word. LLVM vectorizes loops over blocks without link-time optimization too, which it
/// does not do for loops over words: 1 KiB takes 23 ns instead of 51 ns there.
const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{append, apply, apply_block, copy};

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// The rule of §5.3, byte by byte.
    fn reference(data: &[u8], key: [u8; 4], offset: usize) -> Vec<u8> {
        data.iter().enumerate().map(|(i, byte)| byte ^ key[(offset % 4 + i) % 4]).collect()
    }

    fn payload(len: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().step_by(7).take(len).collect()
    }

    #[test]
    fn every_length_and_offset_is_masked_like_the_reference() {
        for len in 0..=512 {
            let data = payload(len);
            for offset in (0..=7).chain([usize::MAX - 1, usize::MAX]) {
                let expected = reference(&data, KEY, offset);
                let mut applied = data.clone();
                apply(&mut applied, KEY, offset);
                assert_eq!(applied, expected, "apply, {len} bytes at {offset}");
                let mut appended = b"before".to_vec();
                append(&data, KEY, offset, &mut appended);
                assert_eq!(&appended[..6], b"before");
                assert_eq!(&appended[6..], expected, "append, {len} bytes at {offset}");
                let mut copied = vec![0; len];
                copy(&data, KEY, offset, &mut copied);
                assert_eq!(copied, expected, "copy, {len} bytes at {offset}");
            }
        }
    }

    #[test]
    fn a_block_is_masked_like_the_reference() {
        fn check<const N: usize>() {
            let data: [u8; N] = payload(N).try_into().expect("the length is N");
            assert_eq!(apply_block(&data, KEY).to_vec(), reference(&data, KEY, 0));
        }
        check::<0>();
        check::<3>();
        check::<8>();
        check::<31>();
        check::<32>();
    }

    #[test]
    fn no_alignment_matters() {
        let data = payload(160);
        for start in 0..=64 {
            for len in [0, 1, 3, 7, 8, 9, 31, 32, 33, 64, 95] {
                let mut applied = data.clone();
                apply(&mut applied[start..start + len], KEY, 0);
                let masked = reference(&data[start..start + len], KEY, 0);
                assert_eq!(applied[..start], data[..start]);
                assert_eq!(applied[start..start + len], masked);
                assert_eq!(applied[start + len..], data[start + len..]);
                let mut appended = data[..start].to_vec();
                append(&data[start..start + len], KEY, 0, &mut appended);
                assert_eq!(appended[start..], masked);
                let mut copied = vec![0; start + len];
                copy(&data[start..start + len], KEY, 0, &mut copied[start..]);
                assert_eq!(copied[start..], masked);
            }
        }
    }

    proptest! {
        #[test]
        fn masking_twice_is_masking_never(
            data in prop::collection::vec(any::<u8>(), 0..3000), key: [u8; 4], offset: usize,
        ) {
            let mut twice = Vec::new();
            append(&data, key, offset, &mut twice);
            apply(&mut twice, key, offset);
            prop_assert_eq!(twice, data);
        }

        #[test]
        fn a_payload_may_be_cut_anywhere(
            data in prop::collection::vec(any::<u8>(), 0..3000), key: [u8; 4], cut: prop::sample::Index,
        ) {
            let cut = cut.index(data.len() + 1);
            let whole = reference(&data, key, 0);
            let mut applied = data.clone();
            let (head, tail) = applied.split_at_mut(cut);
            apply(head, key, 0);
            apply(tail, key, cut);
            prop_assert_eq!(&applied, &whole);
            let mut appended = Vec::new();
            append(&data[..cut], key, 0, &mut appended);
            append(&data[cut..], key, cut, &mut appended);
            prop_assert_eq!(&appended, &whole);
        }
    }
}
