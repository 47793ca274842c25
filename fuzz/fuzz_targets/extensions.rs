#![no_main]
//! Extensions: what is read is written and read again, and two that follow the rules agree.

use libfuzzer_sys::fuzz_target;
use sockeye_deflate::{DeflateConfig, Direction, EXTENSION};
use sockeye_fuzz::Settings;
use sockeye_handshake::Extension;

fuzz_target!(|input: (Settings, Settings, &[u8])| {
    let (client, server, header) = input;
    let (client, server) = (DeflateConfig::from(client), DeflateConfig::from(server));

    // A client accepts every answer of a server, and both derive the same parameters from it.
    let offers = client.offers();
    let (_, answer, theirs) = server.answer_first(&offers).expect("each offer is possible");
    let ours = client.accept(&answer).expect("an answer to our offer");
    assert_fits(ours.ours, theirs.theirs);
    assert_fits(theirs.ours, ours.theirs);

    // The same on any header, as offer and as answer.
    let Ok(list) = Extension::parse_list([header]) else { return };
    let written: Vec<_> = list.iter().map(Extension::to_string).collect();
    assert_eq!(Extension::parse_list([written.join(", ")]), Ok(list.clone()));
    assert_eq!(Extension::parse_list(written), Ok(list.clone()));
    let params: Vec<_> =
        list.into_iter().filter(|it| it.name == EXTENSION).map(|it| it.params).collect();
    if let Some((index, answer, agreement)) = server.answer_first(&params) {
        let first = params.iter().position(|offer| server.answer_first(&[offer]).is_some());
        assert_eq!(Some(index), first);
        let ours = DeflateConfig::default().accept(&answer).expect("an answer is well formed");
        assert_fits(ours.ours, agreement.theirs);
        assert_fits(agreement.ours, ours.theirs);
    }
    for answer in &params {
        if let Ok(agreement) = client.accept(answer) {
            assert!((8..=15).contains(&agreement.ours.window_bits));
            assert!((8..=15).contains(&agreement.theirs.window_bits));
        }
    }
});

/// Checks that an end that expects `expected` can decompress messages that were compressed with `sent`.
fn assert_fits(sent: Direction, expected: Direction) {
    assert!(sent.window_bits <= expected.window_bits);
    assert!(expected.takeover || !sent.takeover);
}
