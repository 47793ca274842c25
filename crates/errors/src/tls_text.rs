//! Sentences for the failures of TLS.
//!
//! This crate does not depend on a TLS library. The texts of rustls contain the `Debug` form of its enums, such as
//! `invalid peer certificate: UnknownIssuer`; this module recognises them and replaces them.

use std::borrow::Cow;

/// Returns the text of an error in plain words. Texts that are not from the TLS library are returned as they are.
pub(crate) fn plain(text: String) -> Cow<'static, str> {
    for (prefix, sentence) in PREFIXES {
        if let Some(detail) = text.strip_prefix(prefix) {
            return format!("{sentence}{}", self::detail(detail)).into();
        }
    }
    text.into()
}

/// The beginnings of the texts of rustls that may contain `Debug` output, and their replacements.
const PREFIXES: [(&str, &str); 6] = [
    ("invalid peer certificate: ", "the certificate of the peer is invalid: "),
    ("invalid certificate revocation list: ", "the certificate revocation list is invalid: "),
    ("received fatal alert: ", "the peer ended the TLS handshake: "),
    ("received corrupt message of type ", "the peer sent a malformed TLS message: "),
    ("peer is incompatible: ", "the peer does not support a common TLS configuration: "),
    ("peer misbehaved: ", "the peer violated the TLS protocol: "),
];

fn detail(detail: &str) -> Cow<'_, str> {
    for (name, sentence) in DETAILS {
        if detail == name || detail == format!("Other(OtherError({name}))") {
            return sentence.into();
        }
    }
    words(&detail.replace("DnsName(", "(").replace("IpAddress(", "(")).into()
}

/// The `Debug` forms of the failures that users meet.
const DETAILS: [(&str, &str); 20] = [
    ("UnknownIssuer", "its issuer is not trusted"),
    ("CaUsedAsEndEntity", "it is the certificate of an authority (CA), which a server cannot use"),
    ("BadEncoding", "its encoding is malformed"),
    ("BadSignature", "its signature is wrong"),
    ("Expired", "it has expired"),
    ("NotValidYet", "it is not valid yet"),
    ("NotValidForName", "it is for another name"),
    ("Revoked", "it was revoked"),
    ("UnknownRevocationStatus", "it is not known whether it was revoked"),
    ("InvalidPurpose", "it is not for this purpose"),
    ("UnhandledCriticalExtension", "it contains a critical extension that is not supported"),
    ("UnsupportedCertVersion", "it is not an X.509 version 3 certificate"),
    ("CertificateRequired", "it requires a certificate of this side"),
    ("BadCertificate", "it does not accept the certificate of this side"),
    ("CertificateUnknown", "it does not accept the certificate"),
    ("CertificateExpired", "the certificate has expired"),
    ("UnknownCA", "it does not trust the issuer of the certificate"),
    ("HandshakeFailure", "it supports no common TLS configuration"),
    ("ProtocolVersion", "it does not support this version of TLS"),
    ("InvalidContentType", "it is not a TLS record"),
];

/// Splits names in camel case into words: `UnknownStatusRequest` becomes `unknown status request`.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 8);
    for token in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let name = token.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_camel_case = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.contains(|c: char| c.is_ascii_lowercase())
            && name.chars().skip(1).any(|c| c.is_ascii_uppercase());
        if !is_camel_case {
            words.push_str(token);
            continue;
        }
        for c in token.chars() {
            let is_start =
                c.is_ascii_uppercase() && !words.is_empty() && !words.ends_with([' ', '(']);
            words.extend(is_start.then_some(' '));
            words.push(c.to_ascii_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_debug_output_of_rustls_is_left() {
        for (text, expected) in [
            (
                "invalid peer certificate: UnknownIssuer",
                "the certificate of the peer is invalid: its issuer is not trusted",
            ),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                "the certificate of the peer is invalid: it is the certificate of an authority (CA), which a server \
                 cannot use",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"localhost\"; certificate is only valid for \
                 DnsName(\"other.example\")",
                "the certificate of the peer is invalid: certificate not valid for name \"localhost\"; certificate is \
                 only valid for (\"other.example\")",
            ),
            (
                "received fatal alert: CertificateRequired",
                "the peer ended the TLS handshake: it requires a certificate of this side",
            ),
            (
                "received corrupt message of type InvalidContentType",
                "the peer sent a malformed TLS message: it is not a TLS record",
            ),
            (
                "peer misbehaved: TooMuchEarlyDataReceived",
                "the peer violated the TLS protocol: too much early data received",
            ),
            ("Connection reset by peer", "Connection reset by peer"),
        ] {
            assert_eq!(plain(text.to_owned()), expected);
        }
    }
}
