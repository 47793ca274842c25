//! What each connection of a scenario writes, and what must come back: built before anything is measured.

use flate2::{Compress, Compression as Level, FlushCompress};

use crate::handshake::Agreement;
use sockeye_bench_data::frame::{BINARY, FIN, RSV1, TEXT, append_masked, append_message};
use sockeye_bench_data::json;
use sockeye_bench_data::payload::Content;

/// The bursts that a connection writes, one after the other, and the messages that they hold.
#[derive(Debug)]
pub struct Script {
    /// Each is written in one piece, when all the messages of the one before are back.
    pub bursts: Vec<Vec<u8>>,
    /// After the last burst follows this one.
    pub again: usize,
    /// How many messages each burst holds.
    pub window: usize,
    /// The messages, in turn.
    pub messages: Vec<Message>,
}

/// A message that must come back.
#[derive(Debug)]
pub struct Message {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Script {
    /// The same message again and again.
    pub fn echo(window: usize, content: Content, size: usize, fragments: usize) -> Self {
        let opcode = if content.is_text() { TEXT } else { BINARY };
        let payload = content.bytes(size);
        let mut burst = Vec::new();
        for _ in 0..window {
            append_message(opcode, &payload, fragments, &mut burst);
        }
        Self { bursts: vec![burst], again: 0, window, messages: vec![Message { opcode, payload }] }
    }

    /// Compressed JSON.
    ///
    /// What a compressed message looks like depends on the 32 KiB before it. The messages of a cycle are more than that, so the
    /// second cycle is compressed as every later one would be, and can be repeated for ever.
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
        let again = bursts.len() / 2;
        let messages =
            payloads.into_iter().map(|payload| Message { opcode: TEXT, payload }).collect();
        Self { bursts, again, window, messages }
    }

    /// The burst that follows.
    pub fn after(&self, burst: usize) -> usize {
        if burst + 1 == self.bursts.len() { self.again } else { burst + 1 }
    }
}

fn compress(compressor: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 128);
    let before = compressor.total_in();
    let status = compressor.compress_vec(message, &mut out, FlushCompress::Sync);
    debug_assert!(status.is_ok());
    debug_assert_eq!(compressor.total_in() - before, message.len() as u64);
    // RFC 7692 §7.2.1: the empty block that a flush leaves at the end is not sent.
    out.truncate(out.len().saturating_sub(4));
    out
}

const CYCLE: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::Script;
    use crate::handshake::Agreement;
    use sockeye_bench_data::frame::TEXT;
    use sockeye_bench_data::payload::Content;

    #[test]
    fn a_burst_holds_as_many_messages_as_the_window() {
        let script = Script::echo(4, Content::Ascii, 16, 1);
        assert_eq!(script.bursts[0].len(), 4 * (6 + 16));
        assert_eq!((script.messages[0].opcode, script.after(0)), (TEXT, 0));
    }

    #[test]
    fn the_second_cycle_inflates_after_itself_again_and_again() {
        let script = Script::deflate(4, 1024, Agreement::default());
        let mut inflater = Decompress::new(false);
        let mut expected = script.messages.iter().cycle();
        let mut burst = 0;
        for _ in 0..4 * script.again {
            let mut frames = &script.bursts[burst][..];
            while !frames.is_empty() {
                let (mut compressed, rest) = unmask(frames);
                compressed.extend_from_slice(&[0, 0, 0xff, 0xff]);
                let mut out = Vec::with_capacity(2048);
                let status = inflater.decompress_vec(&compressed, &mut out, FlushDecompress::Sync);
                assert!(status.is_ok());
                assert_eq!(Some(&out), expected.next().map(|message| &message.payload));
                frames = rest;
            }
            burst = script.after(burst);
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
