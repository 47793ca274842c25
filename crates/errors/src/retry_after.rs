//! The time to wait that a response asks for: [RFC 9110 §10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

/// Returns the value of `Retry-After`.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    // §10.2.3: a date of HTTP, or a number of seconds. The clock is that of the response (§6.6.1).
    let now = httpdate::parse_http_date(text(headers, header::DATE)?).ok()?;
    let then = httpdate::parse_http_date(value).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
