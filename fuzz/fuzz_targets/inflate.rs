#![no_main]
//! Arbitrary bytes as compressed messages: the limit holds, and the result does not depend on the size of the reads.

use libfuzzer_sys::fuzz_target;
use sockeye_deflate::{Decompressor, DeflateConfig, Direction};
use sockeye_errors::ProtocolError;
use sockeye_fuzz::{Cuts, Settings};

fuzz_target!(|input: (Settings, u16, Cuts, bool, u16, &[u8])| {
    let (settings, limit, cuts, park, first, bytes) = input;
    let offers = [[("client_max_window_bits", None::<&str>)]];
    let (_, _, agreement) =
        DeflateConfig::from(settings).answer_first(&offers).expect("a legal offer");
    // The second message meets the window that the first one left.
    let messages: [&[u8]; 2] = bytes.split_at(bytes.len().min(first.into())).into();
    let whole = inflate(agreement.theirs, messages, limit.into(), Cuts::NONE, false);
    assert_eq!(whole, inflate(agreement.theirs, messages, limit.into(), cuts, park));
});

fn inflate(
    direction: Direction,
    messages: [&[u8]; 2],
    limit: u64,
    cuts: Cuts,
    park: bool,
) -> Vec<Result<Vec<u8>, ProtocolError>> {
    let mut decompressor = Decompressor::new(direction);
    let mut outcomes = Vec::new();
    for message in messages {
        let mut out = Vec::new();
        let mut outcome = Ok(());
        for chunk in cuts.of(message) {
            if park {
                decompressor.park();
            }
            outcome = decompressor.decompress(chunk, &mut out, limit);
            assert!(out.len() as u64 <= limit);
        }
        let end = decompressor.finish();
        assert!(outcome.is_ok() || end == outcome, "an error is final");
        outcomes.push(end.map(|()| out));
    }
    outcomes
}
