//! SOCKS proxies as scripts: [RFC 1928 §3](https://www.rfc-editor.org/rfc/rfc1928#section-3) and
//! [SOCKS 4](https://www.openssh.com/txt/socks4.protocol).

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;
use sockeye_errors::{
    Error, HandshakeError, InvalidProxyMessage, ProxyError, SocksError, SocksReply,
};
use sockeye_proxy::{Proxy, SocksPlan, SocksRequest, SocksVersion};
use tokio_socks::io::AsyncSocket;

use super::{request_tunnel, to_error};

/// A proxy that sends a fixed reply, `step` bytes at a time, to any request.
struct Script<'a> {
    unread: &'a [u8],
    step: usize,
    sent: Vec<u8>,
}

impl AsyncSocket for Script<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let length = buf.len().min(self.step).min(self.unread.len());
        let (head, rest) = self.unread.split_at(length);
        buf[..length].copy_from_slice(head);
        self.unread = rest;
        Poll::Ready(Ok(length))
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let length = buf.len().min(self.step);
        self.sent.extend_from_slice(&buf[..length]);
        Poll::Ready(Ok(length))
    }
}

fn request(proxy: &str, host: &str) -> SocksRequest {
    match SocksPlan::new(&proxy.parse().expect(proxy), host, 443) {
        Ok(SocksPlan::Ask(request)) => request,
        other => panic!("{other:?} for {proxy} and {host}"),
    }
}

/// Plays a script. Returns the bytes that were sent and the part of the script that was not read.
fn play<'a>(
    request: &SocksRequest,
    script: &'a [u8],
    step: usize,
) -> Result<(Vec<u8>, &'a [u8]), Error> {
    let socket = Script { unread: script, step, sent: Vec::new() };
    let future = pin!(request_tunnel(socket, request));
    // The script is always ready.
    let Poll::Ready(result) = future.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("pending")
    };
    result.map(|socket| (socket.sent, socket.unread))
}

fn refused(reply: SocksReply) -> ProxyError {
    SocksError::new(reply).into()
}

/// Returns the error of a script, which must not depend on the chunks.
fn failure(request: &SocksRequest, script: &[u8]) -> ProxyError {
    let [whole, bytes] = [usize::MAX, 1].map(|step| match play(request, script, step) {
        Err(Error::Handshake(HandshakeError::Proxy(error))) => error,
        other => panic!("{other:?} of {script:?}"),
    });
    assert_eq!(whole, bytes);
    whole
}

fn is_malformed(error: &ProxyError) -> bool {
    matches!(error, ProxyError::InvalidProxyMessage(error) if !error.is_truncated())
}

/// Returns requests, the bytes to be sent for each, and the script that grants it.
fn granted() -> Vec<(SocksRequest, Vec<u8>, Vec<u8>)> {
    let v4 = b"\0\x5a\0\0\0\0\0\0";
    let v5 = b"\x05\0\0\x01\x7f\0\0\x01\x04\x38";
    let mut all = vec![
        (
            request("socks4://p", "192.0.2.1"),
            b"\x04\x01\x01\xbb\xc0\0\x02\x01\0".to_vec(),
            v4.to_vec(),
        ),
        (
            request("socks4://me@p", "192.0.2.1"),
            b"\x04\x01\x01\xbb\xc0\0\x02\x01me\0".to_vec(),
            v4.to_vec(),
        ),
        (request("socks4a://p", "a.b"), b"\x04\x01\x01\xbb\0\0\0\x01\0a.b\0".to_vec(), v4.to_vec()),
        (
            request("socks4a://me@p", "a.b"),
            b"\x04\x01\x01\xbb\0\0\0\x01me\0a.b\0".to_vec(),
            v4.to_vec(),
        ),
    ];
    let (v5_name, v5_address) =
        (b"\x05\x01\0\x03\x03a.b\x01\xbb", b"\x05\x01\0\x01\xc0\0\x02\x01\x01\xbb");
    let v5_address_6 = [b"\x05\x01\0\x04\x20\x01\x0d\xb8", &[0; 11][..], b"\x01\x01\xbb"].concat();
    for (host, asked) in
        [("a.b", &v5_name[..]), ("192.0.2.1", v5_address), ("2001:db8::1", &v5_address_6)]
    {
        all.push((
            request("socks5h://p", host),
            [b"\x05\x01\0", asked].concat(),
            [b"\x05\0", &v5[..]].concat(),
        ));
        let secret = request("socks5h://me:pw@p", host);
        let login = [b"\x05\x02\0\x02\x01\x02me\x02pw", asked].concat();
        all.push((secret.clone(), login, [b"\x05\x02\x01\0", &v5[..]].concat()));
        // The proxy may select to authenticate without a password.
        all.push((secret, [b"\x05\x02\0\x02", asked].concat(), [b"\x05\0", &v5[..]].concat()));
    }
    // The address that the proxy binds has any of three types.
    let names =
        [0, 1, 255].map(|n| [b"\x05\0\0\x03", &[n][..], &vec![b'a'; n.into()], b"\0\0"].concat());
    for bound in [[b"\x05\0\0\x04", &[0; 18][..]].concat()].into_iter().chain(names) {
        let asked = [b"\x05\x01\0", &v5_name[..]].concat();
        all.push((request("socks5h://p", "a.b"), asked, [b"\x05\0", &bound[..]].concat()));
    }
    all
}

#[test]
fn a_granted_request_is_sent_to_the_byte_and_what_follows_the_reply_is_left() {
    for (request, expected, script) in granted() {
        let script = [&script[..], b"\x16\x03\x01 glued"].concat();
        for step in [1, 2, 3, 5, usize::MAX] {
            let (sent, left) = play(&request, &script, step).expect("a grant");
            assert_eq!(sent, expected, "{request:?}");
            assert_eq!(left, b"\x16\x03\x01 glued", "{request:?}");
        }
    }
}

#[test]
fn a_reply_that_is_cut_off_anywhere_is_truncated() {
    for (request, _, script) in granted() {
        for end in 0..script.len() {
            let error = failure(&request, &script[..end]);
            assert_eq!(error, InvalidProxyMessage::truncated().into(), "{request:?} at {end}");
        }
    }
}

#[test]
fn each_reply_code_of_version_4_is_one_error() {
    for target in ["socks4a://p", "socks4a://me@p"] {
        for code in (0..=255).filter(|&code| code != 90) {
            let error = failure(&request(target, "a.b"), &[0, code, 0, 0, 0, 0, 0, 0]);
            match code {
                91..=93 => assert_eq!(error, refused(SocksReply::V4(code))),
                _ => assert!(is_malformed(&error), "{code}"),
            }
        }
    }
}

#[test]
fn each_reply_code_of_version_5_is_one_error() {
    for code in 1..=255 {
        let error =
            failure(&request("socks5h://p", "a.b"), &[5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
        match code {
            1..=8 => assert_eq!(error, refused(SocksReply::V5(code))),
            _ => assert!(is_malformed(&error), "{code}"),
        }
    }
}

#[test]
fn a_method_that_was_not_offered_is_refused() {
    for method in 1..=255 {
        let without = failure(&request("socks5h://p", "a.b"), &[5, method]);
        match method {
            0xff => assert_eq!(without, refused(SocksReply::NoAcceptableMethod)),
            _ => assert!(is_malformed(&without), "{method}"),
        }
        if method != 2 {
            assert_eq!(without, failure(&request("socks5h://me:pw@p", "a.b"), &[5, method]));
        }
    }
}

#[test]
fn each_status_but_0_refuses_user_and_password() {
    for status in 1..=255 {
        let error = failure(&request("socks5h://me:pw@p", "a.b"), &[5, 2, 1, status]);
        assert_eq!(error, refused(SocksReply::Authentication), "{status}");
    }
}

#[test]
fn what_is_not_socks_is_malformed() {
    for (proxy, script) in [
        ("socks4a://p", &b"\x04\x5a\0\0\0\0\0\0"[..]),
        ("socks4a://p", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("socks5h://p", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("socks5h://p", b"\x04\0"),
        ("socks5h://p", b"\x05\0\x04\0\0\x01\0\0\0\0\0\0"),
        ("socks5h://p", b"\x05\0\x05\0\x01\x01\0\0\0\0\0\0"),
        ("socks5h://p", b"\x05\0\x05\0\0\x7f\0\0\0\0\0\0"),
        ("socks5h://p", b"\x05\0\x05\0\0\0\0\0\0\0\0\0"),
        ("socks5h://p", b"\x05\0\x05\0\0\x03\x01\xff\0\0"),
        ("socks5h://me:pw@p", b"\x05\x02\x05\0"),
        ("socks5h://me:pw@p", b"\x05\x02\0\0"),
    ] {
        assert!(is_malformed(&failure(&request(proxy, "a.b"), script)), "{script:?}");
    }
}

#[test]
fn a_failure_of_the_network_is_io() {
    for version in [SocksVersion::V4, SocksVersion::V5] {
        let failure = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(matches!(to_error(version, failure.into()), Error::Io(_)));
    }
}

#[test]
fn the_longest_requests_are_sent_whole() {
    let most = "a".repeat(255);
    for (proxy, length) in [
        (format!("socks4a://{}@p", "u".repeat(248)), 513),
        (format!("socks5h://{most}:{most}@p"), 4 + 513 + 7 + 255),
    ] {
        let script: &[u8] = if length == 513 {
            b"\0\x5a\0\0\0\0\0\0"
        } else {
            b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0"
        };
        assert_eq!(play(&request(&proxy, &most), script, 7).expect("a grant").0.len(), length);
    }
}

proptest! {
    #[test]
    fn no_answer_panics(
        proxy in "socks4a://(me@)?p|socks5h://(me:pw@)?p",
        start in "(\x05[\0\x02](\x01\0)?)?",
        rest in proptest::collection::vec(prop_oneof![0..10_u8, any::<u8>()], 0..300),
    ) {
        let script = [start.as_bytes(), &rest].concat();
        let request = request(&proxy, "a.b");
        let [whole, bytes] = [usize::MAX, 1].map(|step| play(&request, &script, step).map_err(|e| e.to_string()));
        prop_assert_eq!(whole, bytes);
    }

    #[test]
    fn a_request_of_version_5_holds_what_was_asked_for_and_nothing_else(
        host in "[ -~\0\r\n]{1,4}|[a-z.-]{1,9}",
        user in "[\0-\u{ff}]{0,3}|[ -~\u{fc}]{1,6}",
        password in "[\0-\u{ff}]{0,3}|[ -~\u{fc}]{1,6}",
    ) {
        let proxy: Proxy = "socks5h://p".parse()?;
        if let Ok(proxy) = proxy.with_credentials(&user, &password)
            && let Ok(SocksPlan::Ask(request)) = SocksPlan::new(&proxy, &host, 443)
            && host.parse::<std::net::IpAddr>().is_err()
        {
            let script = b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0";
            let mut expected = b"\x05\x02\0\x02\x01".to_vec();
            for part in [&user, &password] {
                expected.push(part.len().try_into()?);
                expected.extend_from_slice(part.as_bytes());
            }
            expected.extend_from_slice(b"\x05\x01\0\x03");
            expected.push(host.len().try_into()?);
            expected.extend_from_slice(host.to_ascii_lowercase().as_bytes());
            expected.extend_from_slice(&443_u16.to_be_bytes());
            prop_assert_eq!(play(&request, script, usize::MAX)?.0, expected);
        }
    }

    #[test]
    fn a_request_of_version_4a_holds_what_was_asked_for_and_nothing_else(
        host in "[ -~\0\r\n]{1,4}|[a-z.-]{1,9}",
        user in "[\0-\u{ff}]{0,3}|[ -~\u{fc}]{1,6}",
    ) {
        let proxy: Proxy = "socks4a://p".parse()?;
        if let Ok(proxy) = proxy.with_credentials(&user, "")
            && let Ok(SocksPlan::Ask(request)) = SocksPlan::new(&proxy, &host, 443)
            && host.parse::<std::net::IpAddr>().is_err()
        {
            let expected = format!("{user}\0{}\0", host.to_ascii_lowercase());
            let expected = [b"\x04\x01\x01\xbb\0\0\0\x01", expected.as_bytes()].concat();
            prop_assert_eq!(play(&request, b"\0\x5a\0\0\0\0\0\0", usize::MAX)?.0, expected);
        }
    }
}
