//! Many connections that compress now and then.

use sockeye_deflate::{Compressor, Decompressor, Deflate};

#[test]
fn only_so_many_keep_their_state_between_messages() {
    let deflate = Deflate::default();
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
