//! The opening handshake of the load generator: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha1_smol::Sha1;

use crate::load::tls_certificate;
use crate::load::wire::Wire;

/// The compression parameters that the server chose: [RFC 7692 §7.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Agreement {
    pub client_no_context_takeover: bool,
    pub client_max_window_bits: u8,
}

impl Default for Agreement {
    fn default() -> Self {
        Self { client_no_context_takeover: false, client_max_window_bits: 15 }
    }
}

/// Connects without a WebSocket handshake, for the raw echo.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// Writes the request.
pub fn request(stream: &mut impl Write, host: SocketAddr, compressed: bool) -> io::Result<()> {
    let offer = if compressed { OFFER } else { "" };
    let head = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// Reads and checks the response. Returns the compression parameters that it contains.
pub fn response(stream: &mut impl Read) -> io::Result<Option<Agreement>> {
    let mut head = [0; 4096];
    let mut filled = 0;
    while !head[..filled].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[filled..])? {
            0 => return Err(io::Error::other("the server closed during the handshake")),
            more => filled += more,
        }
    }
    let head = String::from_utf8_lossy(&head[..filled]);
    check(&head).map_err(|problem| io::Error::other(format!("{problem}:\n{head}")))
}

/// Connects with TLS, and upgrades unless `raw`.
pub fn over_tls(address: SocketAddr, raw: bool) -> io::Result<Wire> {
    let name = tls_certificate::NAME.try_into().map_err(io::Error::other)?;
    let tls = rustls::ClientConnection::new(tls_certificate::client_config()?, name);
    let mut tls = rustls::StreamOwned::new(tls.map_err(io::Error::other)?, connect(address)?);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock)?;
    }
    if !raw {
        request(&mut tls, address, false)?;
        response(&mut tls)?;
    }
    Wire::tls(tls.sock, tls.conn)
}

/// Reads a client's request and answers it.
pub fn answer(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = [0; 4096];
    let mut filled = 0;
    while !head[..filled].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[filled..])? {
            0 => return Err(io::Error::other("the client closed during the handshake")),
            more => filled += more,
        }
    }
    let head = String::from_utf8_lossy(&head[..filled]);
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let key = fields.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let key = key.map(|(_, value)| value.trim()).next();
    let key = key.ok_or_else(|| io::Error::other(format!("no key:\n{head}")))?;
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept(key)
    );
    stream.write_all(response.as_bytes())
}

/// Returns the value of `Sec-WebSocket-Accept` for `key`: RFC 6455 §4.2.2 (5.4).
fn accept(key: &str) -> String {
    let digest = Sha1::from(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")).digest();
    BASE64_STANDARD.encode(digest.bytes())
}

/// Connects and upgrades. With `compressed`, it is an error if the server declines compression.
pub fn upgrade(address: SocketAddr, compressed: bool) -> io::Result<(TcpStream, Agreement)> {
    let mut stream = connect(address)?;
    request(&mut stream, address, compressed)?;
    match response(&mut stream)? {
        None if compressed => Err(io::Error::other("the server declined to compress")),
        agreement => Ok((stream, agreement.unwrap_or_default())),
    }
}

fn check(head: &str) -> Result<Option<Agreement>, String> {
    if !head.starts_with("HTTP/1.1 101 ") {
        return Err("not an upgrade".into());
    }
    let mut accepted = false;
    let mut agreement = None;
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "sec-websocket-accept" => accepted = value.trim() == ACCEPT,
            "sec-websocket-extensions" => agreement = Some(parameters(value)?),
            _ => {}
        }
    }
    if accepted { Ok(agreement) } else { Err("the key was not accepted".into()) }
}

fn parameters(value: &str) -> Result<Agreement, String> {
    let mut agreement = Agreement::default();
    let mut parts = value.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return Err("not the extension that was offered".into());
    }
    for part in parts {
        match part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim())) {
            ("client_no_context_takeover", _) => agreement.client_no_context_takeover = true,
            ("client_max_window_bits", bits) => {
                let bits = bits.trim_matches('"').parse();
                agreement.client_max_window_bits = bits.map_err(|_| "bad window bits")?;
            }
            ("server_no_context_takeover" | "server_max_window_bits", _) => {}
            (other, _) => return Err(format!("unknown parameter {other}")),
        }
    }
    Ok(agreement)
}

/// The time limit of a single step.
pub const TIMEOUT: Duration = Duration::from_secs(10);

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

#[cfg(test)]
mod tests {
    use super::{ACCEPT, Agreement, KEY, accept, check};

    const HEAD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    #[test]
    fn a_response_without_extensions_has_no_agreement() {
        assert_eq!(check(HEAD), Ok(None));
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        assert_eq!(accept(KEY), ACCEPT);
    }

    #[test]
    fn the_parameters_of_the_client_are_read() {
        let head = format!(
            "{HEAD}sec-websocket-extensions: permessage-deflate; client_no_context_takeover; \
             client_max_window_bits=\"12\"; server_max_window_bits=12\r\n"
        );
        let agreement = Agreement { client_no_context_takeover: true, client_max_window_bits: 12 };
        assert_eq!(check(&head), Ok(Some(agreement)));
    }

    #[test]
    fn another_status_or_another_key_is_an_error() {
        assert!(check("HTTP/1.1 400 Bad Request\r\n").is_err());
        assert!(check(&HEAD.replace("s3pP", "S3pP")).is_err());
    }
}
