#![no_main]
//! A client reads and validates a response independently of its chunks.

use libfuzzer_sys::fuzz_target;
use sockeye_errors::HandshakeError;
use sockeye_fuzz::Cuts;
use sockeye_handshake::{
    ClientHandshake, ClientOptions, Extension, Negotiated, Response, Subprotocols, WebSocketUri,
    redirect_location,
};

fuzz_target!(|input: (bool, Cuts, &[u8])| {
    let (tight, cuts, bytes) = input;
    let mut options = ClientOptions::default();
    options.subprotocols = Subprotocols::new(["chat", "superchat"]).expect("tokens");
    options.extensions = vec![Extension::new("permessage-deflate")];
    if tight {
        (options.limits.max_head, options.limits.max_line) = (256, 64);
        (options.limits.max_headers, options.limits.max_body) = (8, 16);
    }
    let outcome = read(bytes, &options, cuts);
    assert_eq!(outcome, read(bytes, &options, Cuts::NONE));

    match outcome {
        Ok((negotiated, length)) => {
            let response = negotiated.response;
            let head = response.as_bytes().expect("HTTP/1.1");
            // Each line end in front of a folded line becomes spaces.
            let is_folded = bytes[..length].windows(2).any(|two| two == b"\n " || two == b"\n\t");
            assert!(head.len() <= length && (is_folded || bytes[..length].ends_with(head)));
            assert!(length <= options.limits.max_head);
            assert!(response.headers().len() <= options.limits.max_headers);
            assert_eq!(Response::parse(response.as_bytes().expect("HTTP/1.1")), Ok(response));
        }
        Err(HandshakeError::InvalidStatus(refusal)) => {
            assert!(refusal.body.len() <= options.limits.max_body);
            if let Ok(Some(target)) = redirect_location(&refusal) {
                let uri = WebSocketUri::parse("wss://example.com/a/b?c").expect("a URI");
                let _ = uri.join(target);
            }
        }
        Err(_) => {}
    }
});

fn read(
    bytes: &[u8],
    options: &ClientOptions,
    cuts: Cuts,
) -> Result<(Negotiated, usize), HandshakeError> {
    let uri = WebSocketUri::parse("ws://server.example.com/chat").expect("a URI");
    let mut handshake = ClientHandshake::new(&uri, options, *b"the sample nonce")?;
    let mut before = 0;
    for chunk in cuts.of(bytes) {
        if let Some((negotiated, length)) = handshake.handle_received(chunk)? {
            return Ok((negotiated, before + length));
        }
        before += chunk.len();
    }
    Err(handshake.handle_eof())
}
