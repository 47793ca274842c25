//! Why there is no connection, and what may help.

use std::io::ErrorKind;

use sockeye::{
    Error, HandshakeError, HeaderProblem, InvalidUri, ProxyError, SecurityError, WebSocketUri,
    rustls::{self, AlertDescription},
};

use crate::report::{FAILED, USAGE, line};

/// One line: what happened, why, and what may help.
pub(crate) fn refusal(uri: &WebSocketUri, error: &Error) -> String {
    let line = line(&format!("cannot connect to {uri}"), error);
    match hint(uri, error) {
        Some(hint) => format!("{line} ({hint})"),
        None => line,
    }
}

/// The exit status of a failure to connect: some are mistakes of the user that only the request shows.
pub(crate) fn status(error: &Error) -> u8 {
    match error {
        Error::Handshake(HandshakeError::InvalidHeader(error))
            if error.problem == HeaderProblem::Reserved =>
        {
            USAGE
        }
        _ => FAILED,
    }
}

/// One line: what is wrong with a URI, and which one may have been meant.
pub(crate) fn no_uri(text: &str, error: &InvalidUri) -> String {
    let line = line("", error);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let meant = match &*scheme.to_ascii_lowercase() {
        "" | "http" => format!("ws://{rest}"),
        "https" => format!("wss://{rest}"),
        _ => return line,
    };
    // What may hold a password is not repeated.
    if meant.contains('@') || meant.parse::<WebSocketUri>().is_err() {
        return line;
    }
    format!("{line} (did you mean {meant}?)")
}

/// What the server had to say; or else what its answer looks like.
fn hint(uri: &WebSocketUri, error: &Error) -> Option<String> {
    let hint = match error {
        error if is_about_our_certificate(error) => {
            "--tls-cert FILE and --tls-key FILE show a certificate of your own"
        }
        Error::Handshake(HandshakeError::InvalidStatus(refusal)) => {
            let body = String::from_utf8_lossy(&refusal.body);
            let line = body.lines().map(str::trim).find(|line| !line.is_empty());
            return match line.filter(|line| !line.starts_with('<')) {
                Some(line) => {
                    let line: String = line.chars().take(200).collect();
                    Some(format!("the server says: {line}"))
                }
                None => refusal.status_code.is_success().then(|| {
                    "this is a web server, but no WebSocket is served under this URI".to_owned()
                }),
            };
        }
        Error::Handshake(HandshakeError::Security(SecurityError::Certificate(_))) => {
            "--tls-ca FILE trusts certificates of your own"
        }
        Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyStatus(refusal)))
            if refusal.status_code == 407 =>
        {
            "--proxy http://USER:PASSWORD@HOST:PORT tells the proxy who you are"
        }
        Error::Io(error) if uri.is_secure() && error.kind() == ErrorKind::InvalidData => {
            "it may be one for ws://"
        }
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "is the server running there, and the proxy if there is one?"
        }
        Error::Timeout(_) => "--open-timeout SECONDS waits longer",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// RFC 8446 §6.2: whether the server wants a certificate, or does not like the one that it was shown.
fn is_about_our_certificate(error: &Error) -> bool {
    let failure: Option<&rustls::Error> = match error {
        Error::Handshake(HandshakeError::Security(SecurityError::Certificate(cause))) => {
            cause.downcast_ref()
        }
        Error::Io(error) => error.get_ref().and_then(|cause| cause.downcast_ref()),
        _ => None,
    };
    let Some(rustls::Error::AlertReceived(alert)) = failure else { return false };
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}
