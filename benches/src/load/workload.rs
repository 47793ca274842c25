//! A workload: the bytes that each connection writes, and the messages that must come back. It is built before a measurement.

use flate2::{Compress, Compression as Level, FlushCompress};

use crate::load::handshake::Agreement;
use sockeye_bench_data::frame::{BINARY, FIN, RSV1, TEXT, append_masked, append_message};
use sockeye_bench_data::json;
use sockeye_bench_data::payload::Content;

/// The bursts that a connection writes in turn, and their messages.
#[derive(Debug)]
pub struct Workload {
    /// Each burst is written at once, when all echoes of the burst before are back.
    pub bursts: Vec<Vec<u8>>,
    /// The index of the burst that follows the last one.
    pub restart: usize,
    /// The number of messages in each burst.
    pub window: usize,
    /// The messages, in order.
    pub messages: Vec<Message>,
}

/// A message that must be echoed.
#[derive(Debug)]
pub struct Message {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Workload {
    /// Creates a workload that repeats one message.
    pub fn echo(window: usize, content: Content, size: usize, fragments: usize) -> Self {
        let opcode = if content.is_text() { TEXT } else { BINARY };
        let payload = content.bytes(size);
        let mut burst = Vec::new();
        for _ in 0..window {
            append_message(opcode, &payload, fragments, &mut burst);
        }
        Self {
            bursts: vec![burst],
            restart: 0,
            window,
            messages: vec![Message { opcode, payload }],
        }
    }

    /// Creates a workload of compressed JSON messages.
    ///
    /// A compressed message depends on the 32 KiB before it. A cycle of messages is longer than that, so its second pass is
    /// compressed as every later pass would be, and can be repeated.
    pub fn deflate(window: usize, size: usize, agreement: Agreement) -> Self {
        let count = (CYCLE / size).max(window);
        let payloads = json::messages(count, size);
        let bits = agreement.client_max_window_bits;
        let mut compressor = Compress::new_with_window_bits(Level::default(), false, bits);
        let mut bursts = Vec::new();
        for _ in 0..2 {
            for messages in payloads.chunks(window) {
                let mut burst = Vec::new();
                for message in messages {
                    if agreement.client_no_context_takeover {
                        compressor.reset();
                    }
                    let compressed = compress(&mut compressor, message);
                    append_masked(FIN | RSV1 | TEXT, &compressed, &mut burst);
                }
                bursts.push(burst);
            }
        }
        let restart = bursts.len() / 2;
        let messages =
            payloads.into_iter().map(|payload| Message { opcode: TEXT, payload }).collect();
        Self { bursts, restart, window, messages }
    }

    /// Returns the index of the burst that follows `burst`.
    pub fn after(&self, burst: usize) -> usize {
        if burst + 1 == self.bursts.len() { self.restart } else { burst + 1 }
    }
}

fn compress(compressor: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 128);
    let before = compressor.total_in();
    let status = compressor.compress_vec(message, &mut out, FlushCompress::Sync);
    debug_assert!(status.is_ok());
    debug_assert_eq!(compressor.total_in() - before, message.len() as u64);
    // RFC 7692 §7.2.1: the empty block at the end of a flush is not sent.
    out.truncate(out.len().saturating_sub(4));
    out
}

const CYCLE: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::Workload;
    use crate::load::handshake::Agreement;
    use sockeye_bench_data::frame::TEXT;
    use sockeye_bench_data::payload::Content;

    #[test]
    fn a_burst_holds_as_many_messages_as_the_window() {
        let workload = Workload::echo(4, Content::Ascii, 16, 1);
        assert_eq!(workload.bursts[0].len(), 4 * (6 + 16));
        assert_eq!((workload.messages[0].opcode, workload.after(0)), (TEXT, 0));
    }

    #[test]
    fn the_second_cycle_can_be_decompressed_after_itself() {
        let workload = Workload::deflate(4, 1024, Agreement::default());
        let mut inflater = Decompress::new(false);
        let mut expected = workload.messages.iter().cycle();
        let mut burst = 0;
        for _ in 0..4 * workload.restart {
            let mut frames = &workload.bursts[burst][..];
            while !frames.is_empty() {
                let (mut compressed, rest) = unmask(frames);
                compressed.extend_from_slice(&[0, 0, 0xff, 0xff]);
                let mut out = Vec::with_capacity(2048);
                let status = inflater.decompress_vec(&compressed, &mut out, FlushDecompress::Sync);
                assert!(status.is_ok());
                assert_eq!(Some(&out), expected.next().map(|message| &message.payload));
                frames = rest;
            }
            burst = workload.after(burst);
        }
    }

    fn unmask(frame: &[u8]) -> (Vec<u8>, &[u8]) {
        let (length, header) = match frame[1] & 0x7f {
            126 => (usize::from(u16::from_be_bytes([frame[2], frame[3]])), 4),
            short => (usize::from(short), 2),
        };
        let (head, rest) = frame.split_at(header + 4);
        let (payload, rest) = rest.split_at(length);
        let mask = head[header..].iter().cycle();
        (payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect(), rest)
    }
}
