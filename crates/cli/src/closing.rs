//! The options for the end of a connection: when this side closes it, and how.

use std::time::Duration;

use clap::Args;
use sockeye::{Close, CloseCode};

use crate::units::seconds;

/// The options of the closing handshake.
#[derive(Debug, Args)]
#[command(next_help_heading = "Closing options")]
pub(crate) struct Closing {
    /// Time to wait for replies between the end of input and closing [default: 1; 0 for typed lines; no limit with --count]
    #[arg(long, short = 'w', value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,

    /// Close the connection after this many received messages; it is a failure if it ends before
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Close the connection after one received message; the same as --count 1
    #[arg(long, short = '1', conflicts_with = "count")]
    one_message: bool,

    /// Code of the close frame
    #[arg(long, value_name = "CODE", default_value = "1000", value_parser = close_code)]
    close_code: CloseCode,

    /// Reason in the close frame, at most 123 bytes
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, value_parser = close_reason)]
    close_reason: String,
}

impl Closing {
    /// Returns the number of messages after which the connection is closed.
    pub(crate) fn count(&self) -> Option<u64> {
        if self.one_message { Some(1) } else { self.count }
    }

    /// Returns the time between the end of input and closing; `None` is no limit.
    pub(crate) fn wait(&self, is_interactive: bool) -> Option<Duration> {
        let default = match self.count() {
            Some(_) => None,
            None => Some(Duration::from_secs(u64::from(!is_interactive))),
        };
        self.wait.or(default)
    }

    /// Returns the content of the close frame.
    pub(crate) fn close(&self) -> Close {
        Close::new(self.close_code, self.close_reason.clone())
    }
}

/// Parses a close code that an application may send.
pub(crate) fn close_code(text: &str) -> Result<CloseCode, String> {
    let code = text.parse().map(CloseCode::new).ok().filter(|code| code.is_sendable());
    code.ok_or_else(|| "expected a code that may be sent, such as 1000, or 3000 to 4999".to_owned())
}

/// Checks the length of a reason.
pub(crate) fn close_reason(text: &str) -> Result<String, String> {
    if text.len() <= Close::MAX_REASON_LEN {
        Ok(text.to_owned())
    } else {
        let limit = Close::MAX_REASON_LEN;
        Err(format!("a reason has at most {limit} bytes, and this one has {}", text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_code_is_one_that_may_be_sent() {
        for code in [1000, 1001, 1011, 3000, 4999] {
            assert_eq!(close_code(&code.to_string()), Ok(CloseCode::new(code)));
        }
        for bad in ["", "0", "999", "1005", "1006", "1015", "2999", "5000", "70000", "normal"] {
            assert!(close_code(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reason_fits_into_a_control_frame() {
        assert!(close_reason(&"x".repeat(123)).is_ok());
        assert!(close_reason(&"é".repeat(62)).is_err());
    }
}
