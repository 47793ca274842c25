//! Numbers with a unit in arguments: sizes and times.

use std::time::Duration;

/// Parses a number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Parses a number of bytes, such as `65536`, `64K`, `1MB` or `1MiB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u32 = match &*text[digits.len()..].to_ascii_uppercase() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return Err(NOT_A_SIZE.to_owned()),
    };
    let number: usize = digits.parse().map_err(|_| NOT_A_SIZE.to_owned())?;
    number.checked_mul(1 << unit).ok_or_else(|| "this is more than the address space".to_owned())
}

const NOT_A_SIZE: &str = "expected a number of bytes, such as 65536, 64K, 1MB or 1MiB";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_may_have_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65536),
            ("64K", 65536),
            ("64KB", 65536),
            ("64KiB", 65536),
            ("1m", 1 << 20),
            ("1MB", 1 << 20),
            ("2MiB", 2 << 20),
            ("1G", 1 << 30),
            ("1GB", 1 << 30),
            ("1gib", 1 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "M", "-1", "1.5M", "1T", "1 M", "99999999999999999999", "99999999999999G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("soon").is_err());
    }
}
