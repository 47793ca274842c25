//! Micro-benchmarks of the inner crates: the CPU time of each step of a message.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use nix::time::ClockId;
use sockeye_deflate::{Compressor, Decompressor, DeflateConfig};
use sockeye_frames::{Header, UnfragmentedFrame, Utf8Validator, mask, utf8};
use sockeye_handshake::{Limits, ServerHandshake, ServerOptions, ValidRequest};

use super::cores;
use crate::peers::Outcome;
use crate::report::statistics::Spread;
use sockeye_bench_data::frame::{BINARY, FIN, append_masked};
use sockeye_bench_data::json;
use sockeye_bench_data::payload::Content;

/// Runs the benchmarks whose name contains `filter`.
pub fn run(filter: &str) -> Outcome {
    cores::pin(cores::MEASURED)?;
    println!("{:32} {:>12} {:>12} {:>10}", "", "median", "minimum", "GB/s");
    for (name, bytes, mut work) in cases() {
        if !name.contains(filter) {
            continue;
        }
        let spread = measure(&mut *work)?;
        let (median, min) = (spread.median, spread.min);
        let speed = if bytes > 0 { format!("{:.2}", bytes as f64 / median) } else { String::new() };
        println!("{name:32} {median:>9.1} ns {min:>9.1} ns {speed:>10}");
    }
    Ok(())
}

/// A name, the number of bytes that one call processes, and the call.
type Case = (String, usize, Box<dyn FnMut()>);

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    headers(&mut cases);
    masks(&mut cases);
    texts(&mut cases);
    handshake(&mut cases);
    for size in [1024, 16 * 1024] {
        for (name, deflate) in
            [("default", DeflateConfig::default()), ("fastest", DeflateConfig::fastest())]
        {
            deflates(&mut cases, size, name, deflate);
        }
    }
    cases
}

fn headers(cases: &mut Vec<Case>) {
    for size in [16, 1024, 65_536] {
        let mut frame = Vec::new();
        append_masked(FIN | BINARY, &vec![0; size], &mut frame);
        let same = frame.clone();
        let work = move || {
            let _ = black_box(Header::parse(black_box(&frame)));
        };
        cases.push((format!("header/parse/{size}"), 0, Box::new(work)));
        if size < 65_536 {
            let work = move || {
                let _ = black_box(UnfragmentedFrame::find(black_box(&same), true));
            };
            cases.push((format!("header/find/{size}"), 0, Box::new(work)));
        }
    }
}

fn masks(cases: &mut Vec<Case>) {
    for size in [16, 125, 1024, 65_536] {
        let mut data = Content::Binary.bytes(size);
        let same = data.clone();
        let work = move || mask::apply(black_box(&mut data), black_box(KEY), 0);
        cases.push((format!("mask/apply/{size}"), size, Box::new(work)));
        let mut out = Vec::with_capacity(size);
        let work = move || {
            out.clear();
            mask::append(black_box(&same), black_box(KEY), 0, &mut out);
            black_box(&out);
        };
        cases.push((format!("mask/append/{size}"), size, Box::new(work)));
    }
}

fn texts(cases: &mut Vec<Case>) {
    for (name, content) in [("ascii", Content::Ascii), ("mixed", Content::Mixed)] {
        for size in [16, 125, 1024, 65_536] {
            let text = content.bytes(size);
            let same = text.clone();
            let work = move || {
                let _ = black_box(utf8::validate(black_box(&text)));
            };
            cases.push((format!("utf8/validate/{name}/{size}"), size, Box::new(work)));
            let work = move || {
                let mut validator = Utf8Validator::default();
                for piece in black_box(&same).chunks(1000) {
                    let _ = black_box(validator.feed(piece));
                }
                let _ = black_box(validator.finish());
            };
            cases.push((format!("utf8/feed/{name}/{size}"), size, Box::new(work)));
        }
    }
}

fn handshake(cases: &mut Vec<Case>) {
    let options = ServerOptions::default();
    let work = move || {
        let mut handshake = ServerHandshake::new(Limits::default());
        if let Ok(Some((request, _))) = handshake.handle_received(black_box(REQUEST))
            && let Ok(valid) = ValidRequest::from_request(&request, &options)
        {
            let _ = black_box(valid.accept(&[], &http::HeaderMap::new()));
        }
    };
    cases.push(("handshake/server".into(), 0, Box::new(work)));
}

fn deflates(cases: &mut Vec<Case>, size: usize, name: &str, deflate: DeflateConfig) {
    let offers: [[(&str, Option<&str>); 1]; 1] = [[("client_max_window_bits", None)]];
    let Some((_, _, agreement)) = deflate.answer_first(&offers) else { return };
    let messages = json::messages(128 * 1024 / size, size);

    // The second of two compressed cycles can be decompressed repeatedly after the first.
    let mut compressor = Compressor::new(&deflate, agreement.ours);
    let compressed: Vec<Vec<u8>> = messages
        .iter()
        .chain(&messages)
        .map(|message| {
            let mut out = Vec::new();
            compressor.compress(message, true, &mut out);
            out
        })
        .collect();
    let mut next = 0;
    let mut out = Vec::new();
    let count = messages.len();
    let work = move || {
        out.clear();
        compressor.compress(black_box(&messages[next]), true, &mut out);
        black_box(&out);
        next = (next + 1) % count;
    };
    cases.push((format!("deflate/compress/{name}/{size}"), size, Box::new(work)));

    let mut decompressor = Decompressor::new(agreement.ours);
    let mut next = 0;
    let mut out = Vec::new();
    let work = move || {
        out.clear();
        let _ = black_box(decompressor.decompress(black_box(&compressed[next]), &mut out, LIMIT));
        let _ = black_box(decompressor.finish());
        next = if next + 1 == compressed.len() { count } else { next + 1 };
    };
    cases.push((format!("deflate/decompress/{name}/{size}"), size, Box::new(work)));
}

fn measure(work: &mut dyn FnMut()) -> io::Result<Spread> {
    let mut times = 1;
    while timed(work, times)? < SAMPLE / 2 {
        times *= 2;
    }
    let mut samples = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        samples.push(timed(work, times)?.as_nanos() as f64 / times as f64);
    }
    Spread::of(samples).ok_or_else(|| io::Error::other("no samples"))
}

fn timed(work: &mut dyn FnMut(), times: u64) -> io::Result<Duration> {
    let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
    let start: Duration = clock.now()?.into();
    for _ in 0..times {
        work();
    }
    Ok(Duration::from(clock.now()?).saturating_sub(start))
}

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const LIMIT: u64 = 1 << 20;
const SAMPLE: Duration = Duration::from_millis(10);
const SAMPLES: usize = 15;

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Sec-WebSocket-Version: 13\r\nOrigin: http://server.example.com\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: keep-alive, Upgrade\r\n\
    Pragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n\r\n";
