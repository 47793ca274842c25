#![no_main]
//! The answer of a proxy is the same however it arrives, and nothing opens the tunnel but a 2xx.

use libfuzzer_sys::fuzz_target;
use sockeye_errors::ProxyError;
use sockeye_fuzz::Cuts;
use sockeye_proxy::ConnectReader;

fuzz_target!(|input: (Cuts, &[u8])| {
    let (cuts, bytes) = input;
    let outcome = read(bytes, cuts);
    assert_eq!(outcome, read(bytes, Cuts::NONE));
    if outcome.is_ok() {
        assert!(bytes.len() <= 16 << 10 && bytes.ends_with(b"\n"));
        let is_head = |at: usize| bytes[at..].starts_with(b"HTTP/1.");
        let last = (0..bytes.len()).rfind(|&at| is_head(at) && bytes.get(at + 9) == Some(&b'2'));
        assert!(last.is_some());
    }
});

fn read(bytes: &[u8], cuts: Cuts) -> Result<(), ProxyError> {
    let mut reader = ConnectReader::new();
    // An error is final: what follows changes nothing.
    let mut outcome = Ok(false);
    for chunk in cuts.of(bytes) {
        let next = reader.handle_received(chunk);
        assert!(outcome.is_ok() || next == outcome);
        outcome = next;
    }
    let is_open = outcome?;
    let end = reader.handle_eof();
    assert_eq!(is_open, end.is_ok());
    end
}
