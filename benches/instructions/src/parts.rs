//! The inner crates: handshakes, masking, UTF-8, compression.

use std::hint::black_box;

use sockeye_bench_data::json;
use sockeye_bench_data::payload::Content;
use sockeye_deflate::{Compressor, Decompressor, DeflateConfig};
use sockeye_frames::{Utf8Validator, mask};
use sockeye_handshake::{Limits, ServerHandshake, ServerOptions, ValidRequest};

use crate::{Case, Outcome};

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("handshake/parse-and-check", 200, handshakes),
        Case::new("mask/apply/16", 10_000, |times| {
            masks(16, times);
            Ok(())
        }),
        Case::new("mask/apply/64k", 100, |times| {
            masks(65_536, times);
            Ok(())
        }),
        Case::new("utf8/ascii/1k", 2000, |times| texts(Content::Ascii, 1024, times)),
        Case::new("utf8/mixed/1k", 2000, |times| texts(Content::Mixed, 1024, times)),
        Case::new("utf8/mixed/64k", 50, |times| texts(Content::Mixed, 65_536, times)),
        Case::new("deflate/compress/json/1k", 64, compress),
        Case::new("deflate/decompress/json/1k", 64, decompress),
    ]
}

fn handshakes(times: usize) -> Outcome {
    let options = ServerOptions::default();
    for _ in 0..times {
        let mut handshake = ServerHandshake::new(Limits::default());
        let (request, _) = handshake.handle_received(black_box(REQUEST))?.ok_or("incomplete")?;
        let Ok(valid) = ValidRequest::from_request(&request, &options) else {
            return Err("refused".into());
        };
        black_box(valid.accept(&[], &http::HeaderMap::new())?);
    }
    Ok(())
}

fn masks(size: usize, times: usize) {
    let mut data = Content::Binary.bytes(size);
    for _ in 0..times {
        mask::apply(black_box(&mut data), black_box([0x37, 0xfa, 0x21, 0x3d]), 0);
    }
}

/// Validates text that arrives in pieces.
fn texts(content: Content, size: usize, times: usize) -> Outcome {
    let text = content.bytes(size);
    for _ in 0..times {
        let mut validator = Utf8Validator::default();
        for piece in black_box(&text).chunks(1000) {
            validator.feed(piece)?;
        }
        validator.finish()?;
    }
    Ok(())
}

fn compress(times: usize) -> Outcome {
    let (deflate, ours) = agreement()?;
    let messages = json::messages(128, 1024);
    let mut compressor = Compressor::new(&deflate, ours);
    let mut out = Vec::new();
    for message in messages.iter().cycle().take(times) {
        out.clear();
        compressor.compress(black_box(message), true, &mut out);
    }
    Ok(())
}

fn decompress(times: usize) -> Outcome {
    let (deflate, ours) = agreement()?;
    let messages = json::messages(128, 1024);
    let mut compressor = Compressor::new(&deflate, ours);
    let mut compressed = Vec::new();
    // Compress the same number for any `times`, so that two runs differ only in decompression.
    for message in &messages {
        let mut out = Vec::new();
        compressor.compress(message, true, &mut out);
        compressed.push(out);
    }
    let mut decompressor = Decompressor::new(ours);
    let mut out = Vec::new();
    for message in compressed.get(..times).ok_or("too few messages")? {
        out.clear();
        decompressor.decompress(black_box(message), &mut out, 1 << 20)?;
        decompressor.finish()?;
    }
    Ok(())
}

fn agreement() -> Result<(DeflateConfig, sockeye_deflate::Direction), &'static str> {
    let deflate = DeflateConfig::default();
    let offers: [[(&str, Option<&str>); 1]; 1] = [[("client_max_window_bits", None)]];
    let (_, _, agreement) = deflate.answer_first(&offers).ok_or("declined")?;
    Ok((deflate, agreement.ours))
}

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Sec-WebSocket-Version: 13\r\nOrigin: http://server.example.com\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: keep-alive, Upgrade\r\n\
    Pragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n\r\n";
