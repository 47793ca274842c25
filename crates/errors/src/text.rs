//! Helpers for complete messages: causes, failures of the operating system, and text of the peer.

use std::{
    borrow::Cow,
    error::Error as StdError,
    fmt::{self, Write as _},
    io,
};

use crate::{AddressError, address::address_of, tls_text};

/// Writes the causes, one after the other. Some errors repeat the text of their cause, which is written once.
pub(crate) fn causes(error: &dyn StdError, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// A failure of the operating system without the number of the error, which the text explains already.
pub(crate) fn os(error: &io::Error) -> Cow<'static, str> {
    let text = match address_of(error) {
        Some(AddressError { address, error, .. }) if address.is_empty() => return os(error),
        Some(AddressError { address, error, .. }) => format!("{address}: {}", os(error)),
        None => error.to_string(),
    };
    let number = error.raw_os_error().map(|code| format!(" (os error {code})"));
    match number.and_then(|number| text.strip_suffix(&number).map(str::to_owned)) {
        Some(text) => text.into(),
        None => tls_text::plain(text),
    }
}

/// Text of the peer, in which nothing can control a terminal or begin a new line.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

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
