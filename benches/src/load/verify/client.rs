//! Verification of a client's messages: unmasked and compared byte for byte with the expected payload.

use crate::load::workload::Workload;
use sockeye_bench_data::frame::{CLOSE, CONTINUATION, FIN, Header};

/// The verifier of one connection.
#[derive(Debug)]
pub enum ClientVerifier {
    /// A raw client sends prepared bytes.
    Raw { at: usize },
    /// A WebSocket client sends masked frames.
    Frames(Frames),
}

impl ClientVerifier {
    /// Creates the verifier of a raw client.
    pub fn raw() -> Self {
        Self::Raw { at: 0 }
    }

    /// Creates the verifier of a WebSocket client.
    pub fn frames() -> Self {
        Self::Frames(Frames::default())
    }

    /// Verifies `bytes`, and returns the number of messages that they complete.
    pub fn receive(&mut self, bytes: &[u8], workload: &Workload) -> Result<usize, String> {
        match self {
            Self::Frames(frames) => frames.receive(bytes, workload),
            Self::Raw { at } => raw(at, bytes, workload),
        }
    }
}

fn raw(at: &mut usize, mut bytes: &[u8], workload: &Workload) -> Result<usize, String> {
    let burst = &workload.bursts[0];
    let size = burst.len() / workload.window;
    let mut completed = 0;
    while !bytes.is_empty() {
        let take = bytes.len().min(burst.len() - *at);
        let (piece, rest) = bytes.split_at(take);
        if piece != &burst[*at..*at + take] {
            return Err(format!("the raw bytes differ within {}..{}", *at, *at + take));
        }
        completed += (*at + take) / size - *at / size;
        *at = (*at + take) % burst.len();
        bytes = rest;
    }
    Ok(completed)
}

/// The state of the frame parser.
#[derive(Debug, Default)]
pub struct Frames {
    partial: Vec<u8>,
    frame: Option<Frame>,
    /// The number of payload bytes of the current message that have arrived.
    offset: usize,
    begun: bool,
    last_mask: [u8; 4],
    /// How many frames in a row had the mask of the frame before.
    repeats: usize,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    header: Header,
    mask: [u8; 4],
    done: u64,
}

impl Frame {
    /// Returns the mask, rotated to the next byte and repeated twice.
    fn key(&self) -> [u8; 8] {
        let [a, b, c, d] = self.mask;
        let mut key = [a, b, c, d, a, b, c, d];
        key.rotate_left((self.done % 4) as usize);
        key
    }
}

impl Frames {
    fn receive(&mut self, mut bytes: &[u8], workload: &Workload) -> Result<usize, String> {
        let expected = &workload.messages[0];
        let mut completed = 0;
        loop {
            let Some(mut frame) = self.frame else {
                if !self.header(&mut bytes, expected.opcode)? {
                    return Ok(completed);
                }
                continue;
            };
            let left = usize::try_from(frame.header.length - frame.done).unwrap_or(usize::MAX);
            let (piece, rest) = bytes.split_at(left.min(bytes.len()));
            bytes = rest;
            if frame.header.opcode() < CLOSE {
                let end = self.offset + piece.len();
                let payload = expected.payload.get(self.offset..end);
                if !payload.is_some_and(|payload| is_masked(payload, frame.key(), piece)) {
                    return Err(format!("the payload differs within {}..{end}", self.offset));
                }
                self.offset = end;
            }
            frame.done += piece.len() as u64;
            if frame.done < frame.header.length {
                self.frame = Some(frame);
                return Ok(completed);
            }
            self.frame = None;
            if frame.header.opcode() < CLOSE && frame.header.is_fin() {
                if self.offset != expected.payload.len() {
                    return Err(format!("{} bytes of {}", self.offset, expected.payload.len()));
                }
                (self.offset, self.begun) = (0, false);
                completed += 1;
            }
        }
    }

    /// Parses a header. Returns whether it was complete.
    fn header(&mut self, bytes: &mut &[u8], opcode: u8) -> Result<bool, String> {
        let known = self.partial.len();
        self.partial.extend(bytes.iter().take(MAX_HEADER_LEN));
        let Some((header, mask, size)) = Header::parse_masked(&self.partial)? else {
            *bytes = &[];
            return Ok(false);
        };
        self.partial.clear();
        *bytes = &bytes[size - known..];
        if header.opcode() == CLOSE {
            return Err("the client closed the connection".into());
        }
        if header.opcode() < CLOSE {
            let awaited = if self.begun { CONTINUATION } else { opcode };
            if header.first & !FIN != awaited {
                return Err(format!("{header:?} instead of opcode {awaited}"));
            }
            self.begun = true;
            // §5.3: each frame has a fresh mask. By chance, one in four billion equals the mask of the frame before.
            self.repeats = if mask == self.last_mask { self.repeats + 1 } else { 0 };
            self.last_mask = mask;
            if self.repeats > 2 {
                return Err(format!("the client repeats the mask {mask:02x?}"));
            }
        }
        self.frame = Some(Frame { header, mask, done: 0 });
        Ok(true)
    }
}

/// Returns whether `masked` is `payload` masked with `key`.
fn is_masked(payload: &[u8], key: [u8; 8], masked: &[u8]) -> bool {
    let word = u64::from_ne_bytes(key);
    let (whole, rest) = payload.as_chunks::<8>();
    let (masked_whole, masked_rest) = masked.as_chunks::<8>();
    let words = |&(one, other): &(&[u8; 8], &[u8; 8])| {
        u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other) == word
    };
    payload.len() == masked.len()
        && whole.iter().zip(masked_whole).all(|pair| words(&pair))
        && rest.iter().zip(masked_rest).zip(key).all(|((one, other), key)| one ^ other == key)
}

/// The length of the longest header, mask included.
const MAX_HEADER_LEN: usize = 14;

#[cfg(test)]
mod tests {
    use super::ClientVerifier;
    use crate::load::workload::Workload;
    use sockeye_bench_data::frame::{FIN, TEXT, append_masked};
    use sockeye_bench_data::payload::Content;

    #[test]
    fn any_split_gives_the_same_count() {
        for size in [0, 16, 200] {
            let workload = Workload::echo(3, Content::Ascii, size, 1);
            let burst = &workload.bursts[0];
            for step in 1..=burst.len() {
                for mut verifier in [ClientVerifier::frames(), ClientVerifier::raw()] {
                    let counts = burst.chunks(step).map(|piece| verifier.receive(piece, &workload));
                    let count = counts.sum::<Result<usize, String>>();
                    assert_eq!(count, Ok(3), "{size} in steps of {step}");
                }
            }
        }
    }

    #[test]
    fn fragments_are_one_message() {
        let workload = Workload::echo(1, Content::Ascii, 100, 7);
        assert_eq!(ClientVerifier::frames().receive(&workload.bursts[0], &workload), Ok(1));
    }

    #[test]
    fn a_single_wrong_byte_is_an_error() {
        let workload = Workload::echo(1, Content::Binary, 200, 1);
        for index in 0..workload.bursts[0].len() {
            let mut wrong = workload.bursts[0].clone();
            wrong[index] ^= 1;
            for mut verifier in [ClientVerifier::frames(), ClientVerifier::raw()] {
                assert_ne!(verifier.receive(&wrong, &workload), Ok(1), "at {index}");
            }
        }
    }

    #[test]
    fn a_client_that_repeats_its_mask_is_an_error() {
        let workload = Workload::echo(1, Content::Ascii, 16, 1);
        let mut frame = Vec::new();
        append_masked(FIN | TEXT, &workload.messages[0].payload, &mut frame);
        let mut verifier = ClientVerifier::frames();
        let results: Vec<_> = (0..5).map(|_| verifier.receive(&frame, &workload)).collect();
        assert_eq!(results[..3], [Ok(1), Ok(1), Ok(1)]);
        assert!(results[4].is_err());
    }
}
