//! The key of the handshake and the accept value: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use base64::{
    Engine, alphabet,
    engine::general_purpose::{GeneralPurpose, PAD, STANDARD},
};
use sha1::{Digest, Sha1};
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use crate::http1::{header_names, invalid_header};

/// The string that a server appends to the key before it hashes it (§1.3).
pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Key`: sixteen random bytes in base64.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::{Key, accept_for};
///
/// let key = Key::new(*b"the sample nonce");
/// assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept_for(key.as_str()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key(String);

impl Key {
    /// Creates the key from sixteen random bytes.
    pub fn new(nonce: [u8; 16]) -> Self {
        Self(STANDARD.encode(nonce))
    }

    /// Reads the key that a client sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not the base64 of sixteen bytes, with padding. The unused bits of the last character
    /// may have any value.
    pub fn parse(value: &str) -> Result<Self, InvalidHeader> {
        // §4.2.1: a base64-encoded value that, when decoded, is 16 bytes in length. RFC 4648 §3.5 leaves the unused bits to the
        // decoder, and the key that §4.1 shows, `AQIDBAUGBwgJCgsMDQ4PEC==`, has some that are not zero.
        match LENIENT.decode_slice(value, &mut [0; 18]) {
            Ok(16) => Ok(Self(value.to_owned())),
            _ => {
                Err(invalid_header(header_names::SEC_WEBSOCKET_KEY, value, HeaderErrorKind::Value))
            }
        }
    }

    /// Returns the value of the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the value of `Sec-WebSocket-Accept` for this value of `Sec-WebSocket-Key`.
pub fn accept_for(key: &str) -> String {
    // §4.2.2: the base64 of the SHA-1 of the key followed by the GUID.
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

#[cfg(test)]
mod tests {
    use super::{Key, accept_for};

    #[test]
    fn the_example_of_section_1_3() {
        assert_eq!(accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(Key::new(*b"the sample nonce").as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
    }

    #[test]
    fn the_unused_bits_of_a_key_have_any_value() {
        for value in
            ["AQIDBAUGBwgJCgsMDQ4PEC==", "dGhlIHNhbXBsZSBub25jZR==", "//////////////////////=="]
        {
            assert_eq!(Key::parse(value).as_ref().map(Key::as_str), Ok(value));
        }
    }

    #[test]
    fn only_the_base64_of_sixteen_bytes_is_a_key() {
        assert!(Key::parse("dGhlIHNhbXBsZSBub25jZQ==").is_ok());
        for value in [
            "",
            "=",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZQ== ",
            "dGhlIHNhbXBsZSBub25jZ!==",
            "dGhlIHNhbXBsZSBub25jZXg=",
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBs-SBub25jZQ==",
        ] {
            assert!(Key::parse(value).is_err(), "{value}");
        }
    }
}
