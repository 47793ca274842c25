#![no_main]
//! A server reads, validates and answers a request independently of its chunks.

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use sockeye_errors::HandshakeError;
use sockeye_fuzz::Cuts;
use sockeye_handshake::{
    Limits, Rejection, Request, Response, ServerHandshake, ServerOptions, ValidRequest,
};

fuzz_target!(|input: (bool, Cuts, &[u8])| {
    let (tight, cuts, bytes) = input;
    let mut limits = Limits::default();
    if tight {
        (limits.max_head, limits.max_line, limits.max_headers) = (256, 64, 8);
    }
    let outcome = read(bytes, limits, cuts);
    assert_eq!(outcome, read(bytes, limits, Cuts::NONE));

    let Ok(Some((request, length))) = outcome else { return };
    // One empty line before the request line is ignored.
    let head = bytes[..length].strip_prefix(b"\r\n").unwrap_or(&bytes[..length]);
    assert_eq!(request.as_bytes(), Some(head));
    assert!(length <= limits.max_head && request.headers().len() <= limits.max_headers);
    assert_eq!(Request::parse(&bytes[..length]), Ok(request.clone()));
    match ValidRequest::from_request(&request, &ServerOptions::default()) {
        Ok(valid) => {
            let response = valid.accept(&[], &HeaderMap::new()).expect("nothing is added");
            assert_eq!(Response::parse(response.as_bytes().expect("HTTP/1.1")), Ok(response));
        }
        Err(error) => drop(
            Rejection::from(&error).encode_for(request.method()).expect("an answer of our own"),
        ),
    }
});

fn read(
    bytes: &[u8],
    limits: Limits,
    cuts: Cuts,
) -> Result<Option<(Request, usize)>, HandshakeError> {
    let mut handshake = ServerHandshake::new(limits);
    let mut before = 0;
    for chunk in cuts.of(bytes) {
        if let Some((request, length)) = handshake.handle_received(chunk)? {
            return Ok(Some((request, before + length)));
        }
        before += chunk.len();
    }
    Ok(None)
}
