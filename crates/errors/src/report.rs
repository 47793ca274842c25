//! The complete message of an error, for logs and terminals: `{:#}`.

use std::{
    borrow::Cow,
    error::Error as StdError,
    fmt::{self, Write as _},
    io,
};

use crate::{
    AddressError, Close, ConnectionClosed, Error, HandshakeError, InvalidStatus, error::address_of,
    tls_text,
};

/// Writes the error with the peer, its causes and its hint.
pub(crate) fn error(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error {
        Error::ConnectionClosed(closed) => self::closed(closed, f)?,
        error => {
            peer(error, f)?;
            let text = text(error);
            f.write_str(&text)?;
            causes(error, &text, f)?;
        }
    }
    match error.hint() {
        Some(hint) => write!(f, " ({hint})"),
        None => Ok(()),
    }
}

/// Writes both close frames and the cause.
pub(crate) fn closed(closed: &ConnectionClosed, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match closed.remote.uri().or(closed.remote.peer()) {
        Some(peer) => write!(f, "Connection with {peer} closed")?,
        None => f.write_str("Connection closed")?,
    }
    match (&closed.rcvd, &closed.sent) {
        (Some(rcvd), Some(sent)) if closed.rcvd_then_sent == Some(false) => {
            write!(f, ": this side sent {}; the peer replied {}", Frame(sent), Frame(rcvd))?;
        }
        // A reply repeats the code.
        (Some(rcvd), Some(sent)) if rcvd.code != sent.code => {
            write!(f, ": the peer sent {}; this side replied {}", Frame(rcvd), Frame(sent))?;
        }
        (Some(rcvd), _) => write!(f, ": the peer sent {}", Frame(rcvd))?,
        // The cause says more than the reason that was derived from it.
        (None, Some(sent)) if closed.cause.is_some() => {
            write!(f, ": this side sent {}", Frame(&Close::new(sent.code, "")))?;
        }
        (None, Some(sent)) => {
            write!(f, ": this side sent {}; the peer did not reply", Frame(sent))?;
        }
        (None, None) => {}
    }
    causes(closed, "", f)
}

/// A close frame in words.
struct Frame<'a>(&'a Close);

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Close { code, reason } = self.0;
        if *code == 1005 {
            return f.write_str("a close frame without a code");
        }
        write!(f, "{code:#}")?;
        if reason.is_empty() { Ok(()) } else { write!(f, ": {}", Escaped(reason)) }
    }
}

/// Writes which peer the error is about.
fn peer(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (error.uri(), error.peer()) {
        (Some(uri), _) => write!(f, "cannot connect to {uri}")?,
        (None, Some(peer)) => write!(f, "the opening handshake with {peer} failed")?,
        (None, None) => return Ok(()),
    }
    match error.proxy() {
        Some(proxy) => write!(f, " through the proxy {proxy}: "),
        None => f.write_str(": "),
    }
}

/// The text of the error itself.
fn text(error: &Error) -> Cow<'static, str> {
    match error {
        Error::Handshake(HandshakeError::InvalidStatus(error)) => status(error).into(),
        Error::InvalidUri(error) if error.uri.is_empty() => match &error.reason {
            Some(reason) => format!("Invalid URI \"\": {reason}").into(),
            None => "Invalid URI \"\"".into(),
        },
        Error::Io(io) => match address_of(io) {
            Some(AddressError { address, error: inner, .. })
                if is_part_of(address, error.uri()) =>
            {
                os(inner)
            }
            Some(AddressError { address, error, .. }) => format!("{address}: {}", os(error)).into(),
            None => os(io),
        },
        error => error.to_string().into(),
    }
}

/// The status, its standard phrase, and the explanation of the server.
fn status(error: &InvalidStatus) -> String {
    let mut text = error.to_string();
    if let Some(phrase) = error.status_code.canonical_reason() {
        let _ = write!(text, " {phrase}");
    }
    if let Some(line) = explanation(error) {
        let _ = write!(text, "; the server says: {}", Escaped(&line));
    }
    text
}

/// The first line of a body that is plain text.
pub(crate) fn explanation(error: &InvalidStatus) -> Option<String> {
    let body = String::from_utf8_lossy(&error.body);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    (!line.starts_with('<')).then(|| line.chars().take(MAX_EXPLANATION).collect())
}

/// A failure of the operating system without the number of the error, which the text explains already.
fn os(error: &io::Error) -> Cow<'static, str> {
    let text = match address_of(error) {
        Some(AddressError { address, error, .. }) => format!("{address}: {}", os(error)),
        None => error.to_string(),
    };
    let number = error.raw_os_error().map(|code| format!(" (os error {code})"));
    match number.and_then(|number| text.strip_suffix(&number).map(str::to_owned)) {
        Some(text) => text.into(),
        None => tls_text::plain(text),
    }
}

/// Whether the URI names this address already: as its host and port, as its host, or as a whole.
fn is_part_of(address: &str, uri: Option<&str>) -> bool {
    let is_host = |part: &str| {
        let port = part.strip_prefix(address);
        port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
    };
    uri.is_some_and(|uri| uri == address || uri.split(['/', '@']).any(is_host))
}

/// Writes the causes, one after the other. Some errors repeat the text of their cause, which is written once.
fn causes(error: &dyn StdError, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut last = Cow::Borrowed(text);
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = match error.downcast_ref::<io::Error>() {
            Some(error) => os(error),
            None => tls_text::plain(error.to_string()),
        };
        if !text.is_empty() && !last.ends_with(&*text) {
            write!(f, ": {text}")?;
            last = text;
        }
        cause = error.source();
    }
    Ok(())
}

/// Text of the peer, in which nothing can control a terminal or begin a new line.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `escape_debug` is made for string literals and also escapes quotes and backslashes.
        for part in self.0.split_inclusive(['"', '\'', '\\']) {
            let (text, quote) = match part.char_indices().next_back() {
                Some((index, c @ ('"' | '\'' | '\\'))) => (&part[..index], Some(c)),
                _ => (part, None),
            };
            write!(f, "{}", text.escape_debug())?;
            quote.map_or(Ok(()), |quote| f.write_char(quote))?;
        }
        Ok(())
    }
}

/// The number of characters of a body that are shown.
const MAX_EXPLANATION: usize = 200;
