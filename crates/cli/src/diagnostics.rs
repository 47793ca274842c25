//! Error messages of the command, one line each, and its exit status.

use std::{error::Error as StdError, io::Write, process::ExitCode};

use sockeye::{
    Error,
    client::WebSocketUri,
    error::{
        CloseCause, HandshakeError, HeaderErrorKind, Operation, ProtocolError, ProxyError,
        SecurityError, Timeout,
    },
    rustls::{self, AlertDescription},
};

use crate::escape::Escaped;

/// The command failed.
pub(crate) const FAILED: u8 = 1;

/// The arguments are wrong.
pub(crate) const USAGE: u8 = 2;

/// A signal ended the command before there was a connection to close: the status that shells report for SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Writes the failure of an operation and its causes to standard error.
pub(crate) fn fail(status: u8, operation: &str, error: &(dyn StdError + 'static)) -> ExitCode {
    say(&line(operation, error));
    ExitCode::from(status)
}

/// Writes a line to standard error, with control characters escaped. A failure is ignored, because there is no other place to
/// report it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", Escaped(line));
}

/// Returns the line for a failed operation: the operation, the error and its causes.
pub(crate) fn line(operation: &str, error: &(dyn StdError + 'static)) -> String {
    let mut line = "sockeye".to_owned();
    let mut last = operation.to_owned();
    if !last.is_empty() {
        line = format!("{line}: {last}");
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let text = text.trim_end();
        let text = match text.split_once(": ") {
            Some((address, why)) if last.ends_with(&format!(" {address}")) => why,
            _ => text,
        };
        // Some errors repeat the text of their cause.
        if !text.is_empty() && text != last {
            line = format!("{line}: {text}");
            text.clone_into(&mut last);
        }
        cause = error.source();
    }
    line
}

/// Returns the line for an error of the library: its complete message, with the hint in terms of the command's options.
pub(crate) fn message(error: &Error) -> String {
    let mut text = format!("sockeye: {error:#}");
    if let Some(own) = hint(error) {
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        text.truncate(text.strip_suffix(&*hint).map_or(text.len(), str::len));
        if !own.is_empty() {
            text = format!("{text} ({own})");
        }
    }
    text
}

/// Returns the line for a connection that could not be opened.
pub(crate) fn refusal(uri: &WebSocketUri, error: &Error) -> String {
    let message = message(error);
    match message.strip_prefix("sockeye: ") {
        Some(text) if error.uri().is_none() => format!("sockeye: cannot connect to {uri}: {text}"),
        _ => message,
    }
}

/// Returns the exit status for a connection that could not be opened. Some mistakes in the arguments are only noticed when
/// the request is written.
pub(crate) fn status(error: &Error) -> u8 {
    match error {
        Error::Handshake(HandshakeError::InvalidHeader(error))
            if error.kind == HeaderErrorKind::Reserved =>
        {
            USAGE
        }
        _ => FAILED,
    }
}

/// Returns the hint that names the options of the command, where it replaces that of the library. It is empty if there is
/// no such option.
fn hint(error: &Error) -> Option<&'static str> {
    match error {
        error if is_about_client_certificate(error) => {
            Some("--tls-cert FILE and --tls-key FILE set the certificate of the client")
        }
        Error::ConnectionClosed(closed) => match closed.cause {
            Some(CloseCause::Protocol(ProtocolError::PayloadTooBig(_))) => {
                Some("--max-size BYTES sets the limit")
            }
            Some(CloseCause::Timeout(ref timeout)) => Some(deadline(timeout)),
            _ => None,
        },
        Error::Handshake(HandshakeError::InvalidStatus(refusal)) => {
            match refusal.status_code.as_u16() {
                401 => Some("--auth USER:PASSWORD or --header sets the credentials"),
                403 if error.hint().is_some() => Some("--origin sends another origin"),
                426 if refusal.headers.contains_key("sec-websocket-version") => {
                    Some("the server supports other versions of the protocol; --verbose shows them")
                }
                300..=399 => Some(""),
                _ => None,
            }
        }
        Error::Handshake(HandshakeError::Security(SecurityError::Certificate(cause))) => {
            match cause.downcast_ref() {
                // Trusting the certificate of an authority does not make it the certificate of a server.
                Some(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(_)))
                    if error.hint().is_some() =>
                {
                    Some(AUTHORITY)
                }
                Some(rustls::Error::InvalidCertificate(
                    rustls::CertificateError::UnknownIssuer,
                )) => Some(
                    "--tls-ca FILE trusts other certificates; --insecure accepts any, for tests",
                ),
                _ => Some("--insecure accepts any certificate, for tests"),
            }
        }
        Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyStatus(error)))
            if error.status_code == 407 =>
        {
            Some("--proxy http://USER:PASSWORD@HOST:PORT sets the credentials")
        }
        Error::Handshake(HandshakeError::Proxy(_)) => Some(PROXY),
        error if error.proxy().is_some() => Some(PROXY),
        Error::Timeout(timeout) => Some(deadline(timeout)),
        _ => None,
    }
}

const AUTHORITY: &str = "--insecure accepts any certificate, for tests; `openssl req -x509` makes the certificate of a server with \
                         `-addext basicConstraints=critical,CA:FALSE`";

const PROXY: &str = "--proxy URI sets the proxy, or an environment variable such as https_proxy; --no-proxy connects directly";

/// The option that sets a deadline.
fn deadline(timeout: &Timeout) -> &'static str {
    match timeout.operation {
        Operation::Keepalive => "--ping-timeout SECONDS sets the limit",
        Operation::Close => "--close-timeout SECONDS sets the limit",
        Operation::Ping | Operation::Write | Operation::Receive => "",
        _ => "--open-timeout SECONDS sets the limit",
    }
}

/// RFC 8446 §6.2: whether the server requires a certificate of the client, or rejects the one that it received.
fn is_about_client_certificate(error: &Error) -> bool {
    let mut cause = match error {
        Error::Handshake(HandshakeError::Security(SecurityError::Certificate(cause))) => {
            Some(&**cause as &(dyn StdError + 'static))
        }
        Error::Io(error) => Some(error as _),
        _ => None,
    };
    while let Some(error) = cause {
        if let Some(rustls::Error::AlertReceived(alert)) = error.downcast_ref() {
            return matches!(
                alert,
                AlertDescription::BadCertificate
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateRequired
                    | AlertDescription::CertificateRevoked
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::UnsupportedCertificate
            );
        }
        // An I/O error is not the source of itself: the error inside of it is.
        cause = match error.downcast_ref::<std::io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => match error.downcast_ref::<sockeye::error::AddressError>() {
                Some(address) => Some(&address.error as _),
                None => error.source(),
            },
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use sockeye::{Close, ConnectionClosed};

    use super::*;

    #[derive(Debug)]
    struct Nested(&'static str, Option<Box<Self>>);

    impl fmt::Display for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Nested {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_deref().map(|error| error as _)
        }
    }

    #[test]
    fn every_cause_is_told_once() {
        let inner = Nested("the inner", None);
        let middle = Nested("the inner", Some(Box::new(inner)));
        let outer = Nested("the outer ", Some(Box::new(middle)));
        assert_eq!(line("cannot", &outer), "sockeye: cannot: the outer: the inner");
    }

    #[test]
    fn an_address_is_told_once() {
        for (operation, address, is_told) in [
            ("cannot listen on 127.0.0.1:1", "127.0.0.1:1", true),
            ("cannot listen on /run/chat.sock", "/run/chat.sock", true),
            ("cannot listen on localhost:1", "127.0.0.1:1", false),
        ] {
            let error = io::Error::other(format!("{address}: it broke"));
            let line = line(operation, &error);
            let shown = if is_told { "it broke".into() } else { format!("{address}: it broke") };
            assert_eq!(line, format!("sockeye: {operation}: {shown}"));
        }
    }

    #[test]
    fn an_error_may_speak_for_itself() {
        let error = io::Error::other("it broke");
        assert_eq!(line("", &error), "sockeye: it broke");
    }

    #[test]
    fn a_hint_names_the_options_of_the_command() {
        let timeout = |operation| Error::from(Timeout::new(operation));
        let mut idle = ConnectionClosed::default();
        idle.sent = Some(Close::new(1011, ""));
        idle.cause = Some(CloseCause::Timeout(Timeout::new(Operation::Keepalive)));
        for (error, wanted) in [
            (
                timeout(Operation::Tls),
                "sockeye: timed out during TLS handshake (--open-timeout SECONDS sets the limit)",
            ),
            (
                idle.into(),
                "sockeye: Connection closed: this side sent 1011 (internal error): timed out during keepalive ping \
                 (--ping-timeout SECONDS sets the limit)",
            ),
            (
                io::Error::from(io::ErrorKind::ConnectionRefused).into(),
                "sockeye: connection refused (is the server running?)",
            ),
        ] {
            assert_eq!(message(&error), wanted);
        }
    }
}
