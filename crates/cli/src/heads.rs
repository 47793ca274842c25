//! The heads of the opening handshake, for `--verbose`.

use http::HeaderMap;
use sockeye::error::InvalidStatus;

/// Formats the head of a request or response, with a mark before each line. Credentials are left out.
pub(crate) fn head(mark: char, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines.map(|line| format!("{mark} {}", without_secret(line))).collect()
}

/// Formats the head and the body of a response that refused the request.
pub(crate) fn refusal(response: &InvalidStatus) -> Vec<String> {
    let InvalidStatus { status_code, headers, body, .. } = response;
    let reason = status_code.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\n", status_code.as_u16()).into_bytes();
    append(&mut bytes, headers);
    let mut lines = head('<', &bytes);
    if !body.is_empty() {
        lines.push("<".to_owned());
        let body = String::from_utf8_lossy(body);
        lines.extend(body.lines().map(|line| format!("< {line}")));
    }
    lines
}

fn append(bytes: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(b'\n');
    }
}

fn without_secret(line: &str) -> String {
    match line.split_once(':') {
        Some((name, _)) if SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
            format!("{name}: ***")
        }
        _ => line.to_owned(),
    }
}

/// The headers that contain credentials.
const SECRETS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
