//! Reading a head is independent of its chunks and takes linear time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sockeye_errors::HandshakeError;
use sockeye_handshake::{Extension, Limits, Request, ServerHandshake};

/// Reads a request from chunks whose lengths are those of `cuts`, in turn. Returns the request and the bytes after it.
fn read(
    bytes: &[u8],
    limits: Limits,
    cuts: &[usize],
) -> Result<Option<(Request, Vec<u8>)>, HandshakeError> {
    let mut handshake = ServerHandshake::new(limits);
    let mut cuts = cuts.iter().cycle();
    let mut rest = bytes;
    while !rest.is_empty() {
        let cut = cuts.next().map_or(rest.len(), |&cut| cut.clamp(1, rest.len()));
        let (chunk, tail) = rest.split_at(cut);
        if let Some((request, length)) = handshake.handle_received(chunk)? {
            return Ok(Some((request, [&chunk[length..], tail].concat())));
        }
        rest = tail;
    }
    Ok(None)
}

fn head_of(length: usize) -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: h\r\n".to_vec();
    while length - head.len() > 600 {
        head.extend_from_slice(format!("X: {}\r\n", "x".repeat(400)).as_bytes());
    }
    let last = length - head.len() - 7;
    head.extend_from_slice(format!("X: {}\r\n\r\n", "x".repeat(last)).as_bytes());
    head
}

#[test]
fn a_head_is_taken_up_to_the_limit_in_any_chunks() {
    let limits = Limits::default();
    for length in [16_000, (32 << 10) - 1, 32 << 10] {
        let mut bytes = head_of(length);
        assert_eq!(bytes.len(), length);
        bytes.extend_from_slice(b"\r\n\r\nframes");
        let whole = read(&bytes, limits, &[]).unwrap().unwrap();
        assert_eq!(whole.0.as_bytes(), Some(&bytes[..length]));
        assert_eq!(whole.1, b"\r\n\r\nframes");
        assert_eq!(read(&bytes, limits, &[1]).unwrap().unwrap(), whole);
        assert_eq!(read(&bytes, limits, &[1000, 1]).unwrap().unwrap(), whole);
    }
    for cuts in [&[][..], &[1], &[1000]] {
        assert!(read(&head_of((32 << 10) + 1), limits, cuts).is_err());
    }
}

#[test]
fn a_head_that_has_arrived_has_no_limits() {
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200));
    let large = head_of(40_000);
    for head in [long.as_bytes(), many.as_bytes(), &large] {
        assert_eq!(Request::parse(head).unwrap().as_bytes(), Some(head));
    }
}

#[test]
fn a_head_of_megabytes_in_single_bytes_takes_linear_time() {
    // Each byte is processed once. Scanning the head again for each chunk would take hours.
    let mut limits = Limits::default();
    limits.max_head = 4 << 20;
    limits.max_headers = usize::MAX;
    let bytes = head_of(4 << 20);
    let (request, rest) = read(&bytes, limits, &[1]).unwrap().unwrap();
    assert_eq!((request.as_bytes().unwrap().len(), rest.len()), (4 << 20, 0));
    // The map of the headers has a limit of its own and must not panic.
    let mut bytes = b"GET / HTTP/1.1\r\n".to_vec();
    (0..40_000).for_each(|n| bytes.extend_from_slice(format!("x{n}: y\r\n").as_bytes()));
    bytes.extend_from_slice(b"\r\n");
    let (request, _) = read(&bytes, limits, &[]).unwrap().unwrap();
    assert!(request.headers().len() > 20_000);
    assert_eq!(request.header("x39999"), Some("y"));
}

#[test]
fn lists_of_extensions_take_linear_time() {
    // Values that took other parsers quadratic or exponential time, at a size where that would never end.
    let count = 1 << 20;
    for value in [
        format!("x; y=\"{}", "\\c".repeat(count)),
        format!("x; y={}", "\\c".repeat(count)),
        format!("x; y=\"{}\"", "\\c".repeat(count)),
        format!("x{}y", " ".repeat(count)),
        format!("x;{}y", "\t ".repeat(count)),
        ",;".repeat(count),
        ",".repeat(count),
        " ,".repeat(count),
        "permessage-deflate,".repeat(count),
        format!("x{}", "; y".repeat(count)),
        "x".repeat(count),
        "\"".repeat(count),
    ] {
        let _ = Extension::parse_list([&value]);
    }
}

proptest! {
    #[test]
    fn chunks_make_no_difference(
        lines in prop::collection::vec("([A-Za-z-]{1,9}: ?[ -~]{0,20}|[ -~\\t\\r\\n]{0,9})", 0..9),
        end in prop::sample::select(vec!["\r\n\r\n", "\n\n", "\r\n", "\r\n\r\n\r\nrest", "\r\r\n"]),
        cuts in prop::collection::vec(1..40_usize, 1..9),
    ) {
        let bytes = format!("GET / HTTP/1.1\r\n{}{end}", lines.join("\r\n"));
        let mut limits = Limits::default();
        limits.max_head = 150;
        limits.max_line = 25;
        limits.max_headers = 6;
        let whole = read(bytes.as_bytes(), limits, &[]);
        prop_assert_eq!(read(bytes.as_bytes(), limits, &cuts), whole.clone());
        prop_assert_eq!(read(bytes.as_bytes(), limits, &[1]), whole);
    }

    #[test]
    fn lines_that_are_read_at_once_are_read_as_byte_by_byte(
        lines in prop::collection::vec(
            prop_oneof![
                4 => "[A-Za-z-]{1,9}: ?[!-~]{0,20}".prop_map(String::into_bytes),
                1 => "[A-Za-z-]{1,9}[ -~\\t]{0,5}".prop_map(String::into_bytes),
                1 => prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..9),
            ],
            0..9,
        ),
        start in prop_oneof![
            3 => Just("GET / HTTP/1.1\r\n"),
            1 => prop::sample::select(vec!["GET / HTTP/1.1\n", "GET /\r\n", "\r\n", "\r"]),
        ],
        end in prop::sample::select(vec!["\r\n\r\n", "\r\n", "\r\n\r\n\r\nrest", "\r", ""]),
        [max_head, max_line, max_headers] in [0..200_usize, 0..40_usize, 0..9_usize],
        cuts in prop::collection::vec(1..40_usize, 1..9),
    ) {
        let bytes = [start.as_bytes(), &lines.join(&b"\r\n"[..]), end.as_bytes()].concat();
        let mut limits = Limits::default();
        (limits.max_head, limits.max_line, limits.max_headers) = (max_head, max_line, max_headers);
        let single = read(&bytes, limits, &[1]);
        prop_assert_eq!(read(&bytes, limits, &[]), single.clone());
        prop_assert_eq!(read(&bytes, limits, &cuts), single.clone());
        // The limits are exact for all chunks.
        if let Ok(Some((request, _))) = single {
            limits.max_head = request.as_bytes().unwrap().len();
            prop_assert!(read(&bytes, limits, &[]).is_ok());
            limits.max_head -= 1;
            prop_assert!(read(&bytes, limits, &[]).is_err());
            prop_assert!(read(&bytes, limits, &[1]).is_err());
        }
    }

    #[test]
    fn header_lines_are_those_of_httparse(
        lines in prop::collection::vec(
            prop_oneof![
                4 => "[!-~]{0,4}[ \t]?:[ \t]{0,2}[!-~]{0,9}[ \t]?".prop_map(String::into_bytes),
                1 => prop::collection::vec(any::<u8>(), 0..9),
            ],
            0..9,
        ),
    ) {
        let section = [&lines.join(&b"\r\n"[..])[..], b"\r\n\r\n"].concat();
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let expected = match httparse::parse_headers(&section, &mut headers) {
            // httparse accepts a line that ends without CR.
            Ok(httparse::Status::Complete((length, headers))) if length == section.len() => {
                let bare = section.split(|&byte| byte == b'\n').rev().skip(1);
                bare.clone().all(|line| line.ends_with(b"\r")).then(|| {
                    let text = |header: &httparse::Header<'_>| {
                        (header.name.to_owned(), header.value.to_vec())
                    };
                    headers.iter().map(text).collect::<Vec<_>>()
                })
            }
            _ => None,
        };
        let bytes = [b"GET / HTTP/1.1\r\n", &section[..]].concat();
        let request = match read(&bytes, Limits::default(), &[]) {
            Ok(Some((request, rest))) if rest.is_empty() => Some(request),
            _ => None,
        };
        prop_assert_eq!(request.is_some(), expected.is_some());
        if let Some((request, expected)) = request.zip(expected) {
            prop_assert_eq!(request.headers().len(), expected.len());
            for (name, value) in &expected {
                let values = request.headers().get_all(name.as_str());
                prop_assert!(values.iter().any(|one| one.as_bytes() == value));
            }
        }
    }

    #[test]
    fn a_header_is_found_by_its_whole_name(
        fields in prop::collection::vec(("(X|x|X-|xX|Y)", "[!-~:\u{e9}]{0,3}([ :][!-~:\u{e9}]{1,3})?"), 0..9),
    ) {
        let lines: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}: \t{value} \r\n")).collect();
        let bytes = format!("GET /X:y HTTP/1.1\r\n{}\r\n", lines.concat());
        let (request, _) = read(bytes.as_bytes(), Limits::default(), &[]).unwrap().unwrap();
        for name in ["x", "X-", "Xx", "y", "z", "X:", ""] {
            let first = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
            prop_assert_eq!(request.header(name), first.map(|(_, value)| value.trim()), "{}", name);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, Limits::default(), &[]);
        let bytes = [b"GET / HTTP/1.1\r\n", &bytes[..], b"\r\n\r\n"].concat();
        if let Ok(Some((request, rest))) = read(&bytes, Limits::default(), &[3]) {
            prop_assert_eq!([request.as_bytes().unwrap(), &rest].concat(), bytes);
            let lines = request.as_bytes().unwrap().split(|&byte| byte == b'\n').count();
            prop_assert_eq!(request.headers().len(), lines - 3);
        }
    }
}
