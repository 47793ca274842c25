//! Pretty-printing of JSON.

use std::fmt::{self, Write as _};

use crate::escape::is_harmless;

/// JSON text, formatted with one member on each line. Numbers and strings are unchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pretty<'a> {
    text: &'a str,
    /// Whether characters that could control a terminal are escaped.
    escapes: bool,
}

impl<'a> Pretty<'a> {
    /// Returns the formatted text, or `None` if it is not JSON.
    pub(crate) fn new(text: &'a str, escapes: bool) -> Option<Self> {
        let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
        is_json.then_some(Self { text, escapes })
    }

    fn write(self, f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
        if self.escapes && !is_harmless(c) {
            write!(f, "{}", c.escape_default())
        } else {
            f.write_char(c)
        }
    }
}

impl fmt::Display for Pretty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut depth = 0;
        let mut chars = self.text.chars();
        let mut last = None;
        while let Some(c) = chars.next() {
            if matches!(c, ' ' | '\t' | '\r' | '\n') {
                continue;
            }
            let is_empty = matches!(last, Some('{' | '['));
            if matches!(c, '}' | ']') {
                depth -= 1;
            }
            // An empty array or object stays on its line.
            let breaks = match c {
                '}' | ']' => !is_empty,
                _ => is_empty || last == Some(','),
            };
            if breaks {
                write!(f, "\n{:1$}", "", 2 * depth)?;
            }
            match c {
                '{' | '[' => depth += 1,
                '"' => {
                    f.write_char('"')?;
                    let mut is_escaped = false;
                    for c in chars.by_ref() {
                        self.write(f, c)?;
                        if c == '"' && !is_escaped {
                            break;
                        }
                        is_escaped = c == '\\' && !is_escaped;
                    }
                    last = Some('"');
                    continue;
                }
                _ => {}
            }
            f.write_char(c)?;
            if c == ':' {
                f.write_char(' ')?;
            }
            last = Some(c);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(text: &str) -> Option<String> {
        Pretty::new(text, true).map(|pretty| pretty.to_string())
    }

    #[test]
    fn every_member_has_a_line() {
        let text = r#" {"b":[1.50,-2e+10,true ,null],"a":{ } , "c":[],"d\"{":"[,]:\\"} "#;
        let wanted = r#"{
  "b": [
    1.50,
    -2e+10,
    true,
    null
  ],
  "a": {},
  "c": [],
  "d\"{": "[,]:\\"
}"#;
        assert_eq!(pretty(text).as_deref(), Some(wanted));
        assert_eq!(pretty(wanted).as_deref(), Some(wanted));
    }

    #[test]
    fn a_single_value_is_json_too() {
        for text in ["12345678901234567890.10", "\"a b\"", "null", "[]"] {
            assert_eq!(pretty(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_json_has_no_layout() {
        for text in ["", "{", "hello", "[1,]", "{} {}", "\"\n\"", &"[".repeat(10_000)] {
            assert_eq!(pretty(text), None, "{text}");
        }
    }

    #[test]
    fn strings_cannot_drive_a_terminal() {
        assert_eq!(pretty("\"\u{9b}31m\"").as_deref(), Some(r#""\u{9b}31m""#));
        let plain = Pretty::new("\"\u{9b}31m\"", false).map(|pretty| pretty.to_string());
        assert_eq!(plain.as_deref(), Some("\"\u{9b}31m\""));
    }
}
