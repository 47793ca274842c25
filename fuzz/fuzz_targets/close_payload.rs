#![no_main]
//! The payload of a close frame: what is read is written again, what may be written can be read.

use libfuzzer_sys::fuzz_target;
use sockeye_errors::Close;
use sockeye_frames::close;

fuzz_target!(|input: (u16, &str, &[u8])| {
    let (code, reason, payload) = input;
    let encoded = |frame: &Close| {
        let mut payload = Vec::new();
        close::encode(frame, &mut payload);
        payload
    };
    if let Ok(frame) = close::parse(payload) {
        assert_eq!(close::check(&frame).is_ok(), payload.len() <= 125);
        if payload.len() <= 125 {
            assert_eq!(encoded(&frame), payload);
        }
    }

    let frame = Close::new(code, reason);
    let payload = encoded(&frame);
    assert!(payload.len() <= 125);
    let read = close::parse(&payload).expect("what is encoded is legal");
    assert_eq!(close::check(&frame).is_ok(), read == frame);
});
