//! The grammar of extensions: [RFC 6455 §9.1](https://www.rfc-editor.org/rfc/rfc6455#section-9.1).

use std::fmt;

use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use crate::http1::{header_names, invalid_header, is_token, is_token_byte};

/// An extension with its parameters, whose meaning is defined elsewhere.
///
/// `Display` writes it in the form of the header.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::Extension;
///
/// let list = Extension::parse_list(["permessage-deflate; a; server_max_window_bits=\"10\", x"])?;
/// assert_eq!(list[0].name, "permessage-deflate");
/// assert_eq!(list[0].params[0], ("a".to_owned(), None));
/// assert_eq!(list[0].params[1], ("server_max_window_bits".to_owned(), Some("10".to_owned())));
/// assert_eq!(list[1].to_string(), "x");
/// # Ok::<(), sockeye_errors::InvalidHeader>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Extension {
    /// The registered name.
    pub name: String,
    /// The parameters in order, each with its value if it has one.
    pub params: Vec<(String, Option<String>)>,
}

impl Extension {
    /// Creates the extension `name` without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), params: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Option<&str>) -> Self {
        self.params.push((name.into(), value.map(str::to_owned)));
        self
    }

    /// Reads the values of all lines of `Sec-WebSocket-Extensions`; empty if there are none.
    ///
    /// The order is kept, since the first offer is preferred.
    ///
    /// # Errors
    ///
    /// Returns an error if a value does not follow the grammar, if there are values without any extension, or if there are more
    /// than 16 extensions or 16 parameters of one.
    pub fn parse_list<I>(values: I) -> Result<Vec<Self>, InvalidHeader>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut list = Vec::new();
        let mut is_there = false;
        for value in values {
            is_there = true;
            let value = value.as_ref();
            Scanner { rest: value }.list(&mut list).ok_or_else(|| malformed(value))?;
        }
        if is_there && list.is_empty() {
            return Err(malformed(b""));
        }
        Ok(list)
    }

    /// Returns the value of the header with these extensions.
    pub(crate) fn to_value(list: &[Self]) -> Result<String, InvalidHeader> {
        let mut value = String::new();
        for extension in list {
            if !extension.is_valid() {
                return Err(malformed(extension.to_string().as_bytes()));
            }
            if !value.is_empty() {
                value.push_str(", ");
            }
            value.push_str(&extension.to_string());
        }
        Ok(value)
    }

    fn is_valid(&self) -> bool {
        is_token(self.name.as_bytes())
            && self.params.iter().all(|(name, value)| {
                is_token(name.as_bytes())
                    && value.as_ref().is_none_or(|value| is_token(value.as_bytes()))
            })
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.params {
            write!(f, "; {name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// Reads a list in one pass that looks at each byte once. Methods return `None` if the list is malformed.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    fn list(&mut self, list: &mut Vec<Extension>) -> Option<()> {
        loop {
            self.skip_space();
            match self.rest.first() {
                None => return Some(()),
                // RFC 9110 §5.6.1: empty elements are ignored.
                Some(b',') => self.rest = self.rest.get(1..)?,
                Some(_) if list.len() == MAX => return None,
                Some(_) => {
                    let extension = self.extension()?;
                    list.push(extension);
                    if !matches!(self.rest.first(), None | Some(b',')) {
                        return None;
                    }
                }
            }
        }
    }

    fn extension(&mut self) -> Option<Extension> {
        let mut extension = Extension::new(self.token()?);
        while self.take(b';') {
            if extension.params.len() == MAX {
                return None;
            }
            let name = self.token()?;
            let value = if self.take(b'=') { Some(self.value()?) } else { None };
            extension.params.push((name, value));
        }
        Some(extension)
    }

    fn value(&mut self) -> Option<String> {
        if !self.take(b'"') {
            return self.token();
        }
        let mut value = String::new();
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            let byte = match byte {
                b'"' => break,
                b'\\' => {
                    let (&escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    escaped
                }
                byte => byte,
            };
            // §4.3, §9.1: a quoted value is a token once it is unquoted.
            if !is_token_byte(byte) {
                return None;
            }
            value.push(char::from(byte));
        }
        self.skip_space();
        (!value.is_empty()).then_some(value)
    }

    fn token(&mut self) -> Option<String> {
        self.skip_space();
        let end = self.rest.iter().position(|&byte| !is_token_byte(byte));
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        self.skip_space();
        if token.is_empty() { None } else { str::from_utf8(token).ok().map(str::to_owned) }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }
}

fn malformed(value: &[u8]) -> InvalidHeader {
    invalid_header(header_names::SEC_WEBSOCKET_EXTENSIONS, value, HeaderErrorKind::Format)
}

/// The maximum number of extensions in a list, and of parameters of an extension.
const MAX: usize = 16;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::Extension;

    fn parse(value: &str) -> Option<String> {
        let list = Extension::parse_list([value]).ok()?;
        Some(list.iter().map(Extension::to_string).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn lists_are_read_as_the_grammar_says() {
        for (value, written) in [
            ("foo", "foo"),
            ("foo,bar; baz=2", "foo, bar; baz=2"),
            ("foo ;\tbar = 2 , , baz", "foo; bar=2, baz"),
            (",foo,", "foo"),
            ("foo; bar=\"2\"", "foo; bar=2"),
            ("foo; bar=\"\\2\\a\" ,b", "foo; bar=2a, b"),
            ("foo; bar; bar; bar=1", "foo; bar; bar; bar=1"),
            ("deflate-stream", "deflate-stream"),
            (
                "mux; max-channels=4; flow-control, deflate-stream",
                "mux; max-channels=4; flow-control, deflate-stream",
            ),
        ] {
            assert_eq!(parse(value).as_deref(), Some(written), "{value}");
        }
        for value in [
            "",
            ",",
            ", ,\t,",
            ";",
            "foo;",
            "foo;;",
            "foo; =1",
            "foo; bar=",
            "foo; bar=\"",
            "foo; bar=\"2",
            "foo; bar=\"\"",
            "foo; bar=\"a b\"",
            "foo; bar=\"a\\",
            "foo; bar=\"a\"b",
            "foo bar",
            "foo; bar baz",
            "foo=1",
            "f\u{f6}o",
            "foo; b\u{e4}r",
            "(foo)",
            "\"foo\"",
            "foo; bar=a=b",
            "foo; bar=\"a\\\"b\"",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }

    #[test]
    fn lists_have_their_limits() {
        let many = |count| vec!["x"; count];
        assert!(parse(&many(16).join(",")).is_some());
        assert!(parse(&many(17).join(",")).is_none());
        assert!(Extension::parse_list(many(17)).is_err());
        assert!(parse(&many(17).join(";")).is_some());
        assert!(parse(&many(18).join(";")).is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            names in prop::collection::vec("[a-z-]{1,9}", 1..9),
            value in prop::option::of("[a-z0-9]{1,9}"),
        ) {
            let list: Vec<_> = names
                .iter()
                .map(|name| Extension::new(name).with("a", None).with("b", value.as_deref()))
                .collect();
            let written = Extension::to_value(&list).unwrap();
            prop_assert_eq!(Extension::parse_list([written]), Ok(list));
        }

        #[test]
        fn any_bytes_are_read_or_refused(value in prop::collection::vec(any::<u8>(), 0..99)) {
            if let Ok(list) = Extension::parse_list([value]) {
                let written = Extension::to_value(&list).unwrap();
                prop_assert_eq!(Extension::parse_list([written]), Ok(list));
            }
        }
    }
}
