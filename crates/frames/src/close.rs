//! The payload of a close frame: [RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1).

use std::str;

use sockeye_errors::{Close, CloseCode, ProtocolError};

/// Parses the payload of a close frame.
///
/// # Errors
///
/// [`TruncatedCloseCode`](ProtocolError::TruncatedCloseCode) for a single byte,
/// [`InvalidCloseCode`](ProtocolError::InvalidCloseCode) for a code that no frame may contain, and
/// [`InvalidCloseReason`](ProtocolError::InvalidCloseReason) for a reason that is not UTF-8.
pub fn parse(payload: &[u8]) -> Result<Close, ProtocolError> {
    // §5.5.1: the payload is empty, or begins with a code of two bytes.
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() {
            Ok(Close::empty())
        } else {
            Err(ProtocolError::TruncatedCloseCode)
        };
    };
    let code = CloseCode::new(u16::from_be_bytes(*code));
    // §7.4: only defined codes, and those of libraries and applications, may be on the wire.
    if !code.is_sendable() {
        return Err(ProtocolError::InvalidCloseCode { code });
    }
    // §5.5.1: the reason is UTF-8.
    let reason = str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
    Ok(Close::new(code, reason))
}

/// Appends the payload of a close frame to `buf`.
///
/// The payload is always valid: a code that no frame may contain is omitted together with its
/// reason, and a reason that is too long is truncated. Call [`check`] first to detect both.
pub fn encode(close: &Close, buf: &mut Vec<u8>) {
    if close.code.is_sendable() {
        buf.extend_from_slice(&close.code.as_u16().to_be_bytes());
        buf.extend_from_slice(truncate_reason(&close.reason).as_bytes());
    }
}

/// Checks that a close frame can be sent without changes.
///
/// # Errors
///
/// [`InvalidCloseCode`](ProtocolError::InvalidCloseCode) for a code that no frame may contain, unless the frame is
/// [`Close::empty`], and [`CloseReasonTooLong`](ProtocolError::CloseReasonTooLong) for a reason of more than 123 bytes.
pub fn check(close: &Close) -> Result<(), ProtocolError> {
    let Close { code, reason, .. } = close;
    // §7.4.1: 1005, 1006 and 1015 are never sent; 1005 represents a frame without a code, and so without a reason.
    if !code.is_sendable() && *close != Close::empty() {
        return Err(ProtocolError::InvalidCloseCode { code: *code });
    }
    // §5.5: a control frame carries at most 125 bytes, here a code and the reason.
    if reason.len() > MAX_REASON_LEN {
        return Err(ProtocolError::CloseReasonTooLong { length: reason.len() });
    }
    Ok(())
}

/// Truncates a reason, at a character boundary, to the 123 bytes that fit into a close frame.
pub fn truncate_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON_LEN)]
}

/// The 125 bytes of a control frame, minus the code.
const MAX_REASON_LEN: usize = 123;

#[cfg(test)]
mod tests {
    use sockeye_errors::{Close, CloseCode, ProtocolError};

    use super::{MAX_REASON_LEN, check, encode, parse, truncate_reason};

    fn encoded(close: &Close) -> Vec<u8> {
        let mut payload = Vec::new();
        encode(close, &mut payload);
        payload
    }

    #[test]
    fn an_empty_payload_has_no_code() {
        assert_eq!(parse(b""), Ok(Close::empty()));
        assert_eq!(check(&Close::empty()), Ok(()));
        assert_eq!(encoded(&Close::empty()), b"");
    }

    #[test]
    fn a_truncated_code_is_refused() {
        for byte in 0..=u8::MAX {
            assert_eq!(parse(&[byte]), Err(ProtocolError::TruncatedCloseCode));
        }
    }

    #[test]
    fn every_code_goes_in_and_out_or_is_refused_both_ways() {
        for number in 0..=u16::MAX {
            let code = CloseCode::new(number);
            let [high, low] = number.to_be_bytes();
            let close = Close::new(code, "ok");
            let payload = [high, low, b'o', b'k'];
            if matches!(number, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                assert_eq!(parse(&[high, low]), Ok(Close::new(code, "")));
                assert_eq!(parse(&payload), Ok(close.clone()));
                assert_eq!(check(&close), Ok(()));
                assert_eq!(encoded(&close), payload);
            } else {
                let error = ProtocolError::InvalidCloseCode { code };
                assert_eq!(parse(&[high, low]), Err(error));
                assert_eq!(parse(&payload), Err(error));
                assert_eq!(check(&close), Err(error));
                assert_eq!(encoded(&close), b"");
            }
        }
    }

    #[test]
    fn only_the_empty_frame_is_without_a_code() {
        for code in [CloseCode::NO_STATUS, CloseCode::ABNORMAL, CloseCode::TLS_FAILURE] {
            let refused = check(&Close::new(code, ""));
            assert_eq!(refused.is_ok(), code == CloseCode::NO_STATUS, "{code}");
        }
    }

    #[test]
    fn a_reason_that_is_not_utf8_is_refused() {
        for reason in [&b"\xff"[..], b"\xc3", b"ok\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"] {
            let payload = [&[0x03, 0xe8], reason].concat();
            assert_eq!(parse(&payload), Err(ProtocolError::InvalidCloseReason), "{reason:x?}");
        }
    }

    #[test]
    fn a_reason_of_any_length_is_sent_whole_or_cut_between_characters() {
        for character in ["a", "é", "€", "🐟"] {
            for prefix in ["", "x", "xy", "xyz"] {
                for count in 0..=130 {
                    let reason = format!("{prefix}{}", character.repeat(count));
                    let close = Close::new(CloseCode::NORMAL, reason.as_str());
                    let fits = reason.len() <= MAX_REASON_LEN;
                    let too_long = ProtocolError::CloseReasonTooLong { length: reason.len() };
                    assert_eq!(check(&close), if fits { Ok(()) } else { Err(too_long) });

                    let cut = truncate_reason(&reason);
                    assert!(reason.starts_with(cut) && cut.len() <= MAX_REASON_LEN);
                    assert!(cut.len() > MAX_REASON_LEN - character.len() || cut == reason);
                    assert_eq!(parse(&encoded(&close)), Ok(Close::new(CloseCode::NORMAL, cut)));
                }
            }
        }
    }
}
