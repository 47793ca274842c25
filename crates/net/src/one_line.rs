//! Text for log lines.

use std::fmt::{self, Write as _};

/// Displays the beginning of a text on one line.
///
/// A peer chooses paths, close reasons and header values. `Truncated` shows at most 256 characters of them and escapes
/// line breaks and control characters, which could forge a log line or control a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Truncated<T>(T);

impl<T> Truncated<T> {
    /// Wraps a value for display.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T: fmt::Display> fmt::Display for Truncated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = EscapedWriter { f, left: MAX_LENGTH };
        match write!(writer, "{}", self.0) {
            Err(_) if writer.left == 0 => f.write_char('…'),
            result => result,
        }
    }
}

/// Escapes characters that do not belong on a line, and fails after `left` characters.
struct EscapedWriter<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl fmt::Write for EscapedWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            match c {
                // Text that is escaped already stays as it is.
                '\\' | '"' | '\'' => self.f.write_char(c)?,
                c => write!(self.f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// The maximum number of characters.
const MAX_LENGTH: usize = 256;
