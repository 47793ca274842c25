#![no_main]
//! UTF-8, at once and as it arrives, is what the standard library says it is.

use libfuzzer_sys::fuzz_target;
use sockeye_frames::{Utf8Validator, utf8};
use sockeye_fuzz::Cuts;

fuzz_target!(|input: (Cuts, &[u8])| {
    let (cuts, bytes) = input;
    assert_eq!(utf8::validate(bytes).is_ok(), str::from_utf8(bytes).is_ok());

    let mut validator = Utf8Validator::default();
    let mut arrived = 0;
    for chunk in cuts.of(bytes) {
        arrived += chunk.len();
        // Bytes are rejected at once if and only if no continuation can make them valid.
        let hopeless = str::from_utf8(&bytes[..arrived]).is_err_and(|e| e.error_len().is_some());
        assert_eq!(validator.feed(chunk).is_err(), hopeless);
        if hopeless {
            return;
        }
    }
    assert_eq!(validator.finish().is_ok(), str::from_utf8(bytes).is_ok());
});
