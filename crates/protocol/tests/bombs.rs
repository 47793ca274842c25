//! The memory that a peer can make a connection occupy by compression.

use std::{
    iter,
    sync::{Arc, Mutex, PoisonError},
};

use peak_alloc::PeakAlloc;
use sockeye_deflate::{Compressor, DeflateConfig};
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Receiver, Role, read_buffer};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// One test measures at a time.
static ALONE: Mutex<()> = Mutex::new(());

const MEBIBYTE: usize = 1 << 20;

/// The memory that a connection may occupy for a message of the limit: the message before and after it grows for the last
/// time, a window, a decompressor, and something for the harness of the tests.
const BOUND: usize = MEBIBYTE + MEBIBYTE / 2 + (256 << 10);

/// The receiving direction of a server with compression.
fn server() -> Receiver {
    let settings = DeflateConfig::default();
    let (_, _, agreement) =
        settings.answer_first(&settings.offers()).expect("an offer of the same settings");
    Receiver::new(Role::Server, Arc::new(Config::default())).decompress(&agreement)
}

/// A mebibyte of zeros, compressed; as often as it is repeated, as many mebibytes it makes.
fn zeros() -> Vec<u8> {
    let settings = DeflateConfig::default();
    let (_, answer, _) = settings.answer_first(&settings.offers()).expect("an offer");
    let agreement = settings.accept(&answer).expect("the answer to it");
    let mut wire = Vec::new();
    Compressor::new(&settings, agreement.ours).compress(&vec![0; MEBIBYTE], false, &mut wire);
    wire
}

/// A frame, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = match u16::try_from(payload.len()) {
        Ok(length) if length < 126 => vec![first, 0x80 | length.to_be_bytes()[1]],
        Ok(length) => [&[first, 0xfe], &length.to_be_bytes()[..]].concat(),
        Err(_) => [&[first, 0xff], &(payload.len() as u64).to_be_bytes()[..]].concat(),
    };
    frame.extend([0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// The memory in use before a measurement, including the buffers of the thread, which do not belong to a connection.
fn measured() -> usize {
    read_buffer::with(|_| ());
    HEAP.reset_peak_usage();
    HEAP.current_usage()
}

/// Feeds the wire until the connection fails; returns the error, and the most bytes that were held.
fn explode(wire: &[u8], read: usize) -> (Option<ProtocolError>, usize) {
    let start = measured();
    let mut receiver = server();
    let mut buffer = vec![0; read];
    for piece in wire.chunks(read) {
        let buffer = &mut buffer[..piece.len()];
        buffer.copy_from_slice(piece);
        receiver.handle_received(buffer);
        if let Some(Event::Failed(error)) = next_event(&mut receiver) {
            let held = HEAP.peak_usage().saturating_sub(start);
            assert_eq!(error.close_code().as_u16(), 1009);
            return (Some(error), held - read);
        }
    }
    (None, 0)
}

/// The next event that is not an offer to yield.
fn next_event(receiver: &mut Receiver) -> Option<Event> {
    iter::from_fn(|| receiver.poll_event()).find(|event| *event != Event::Progress)
}

#[test]
fn ten_gibibytes_of_zeros_in_ten_mebibytes_are_refused_at_the_limit() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let bomb = zeros().repeat(10 << 10);
    let wire = frame(0xc2, &bomb);
    for read in [100, 4096, 65_536] {
        let (error, held) = explode(&wire, read);
        let too_big = PayloadTooBig::new(MEBIBYTE as u64 + 1, MEBIBYTE as u64);
        assert_eq!(error, Some(too_big.into()));
        assert!(held <= BOUND, "{held} bytes, {read} at a time");
    }
}

#[test]
fn a_bomb_in_a_thousand_fragments_is_refused_at_the_limit() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut wire = frame(0x42, b"");
    for piece in zeros().repeat(2).chunks(2) {
        wire.extend(frame(0x00, piece));
    }
    let (error, held) = explode(&wire, 4096);
    assert_eq!(error, Some(PayloadTooBig::new(MEBIBYTE as u64 + 1, MEBIBYTE as u64).into()));
    assert!(held <= BOUND, "{held} bytes");
}

#[test]
fn messages_of_the_limit_one_after_the_other_hold_no_more_than_one() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let zeros = zeros();
    let start = measured();
    let mut receiver = server();
    for _ in 0..20 {
        receiver.handle_received(&mut frame(0xc2, &[&zeros[..], &[0]].concat()));
        let Some(Event::Message(message)) = next_event(&mut receiver) else {
            panic!("a message of the limit was refused");
        };
        assert_eq!(message.len(), MEBIBYTE);
    }
    let held = HEAP.peak_usage().saturating_sub(start);
    assert!(held <= BOUND, "{held} bytes");
}
