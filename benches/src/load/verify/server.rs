//! Verification of a server's echoes: compared byte for byte with the messages that were sent.

use flate2::{Decompress, FlushDecompress};

use crate::load::workload::{Message, Workload};
use sockeye_bench_data::frame::{BINARY, CLOSE, CONTINUATION, Header};

/// The verifier of one connection.
#[derive(Debug)]
pub enum ServerVerifier {
    /// A raw echo returns the same bytes.
    Raw { burst: usize, at: usize },
    /// A WebSocket server returns the messages in frames of its own.
    Frames(Box<Frames>),
}

impl ServerVerifier {
    /// Creates the verifier of a raw echo.
    pub fn raw() -> Self {
        Self::Raw { burst: 0, at: 0 }
    }

    /// Creates the verifier of a WebSocket server.
    pub fn frames() -> Self {
        Self::Frames(Box::default())
    }

    /// Verifies `bytes`, and returns the number of messages that they complete.
    pub fn receive(&mut self, bytes: &[u8], workload: &Workload) -> Result<usize, String> {
        match self {
            Self::Frames(frames) => frames.receive(bytes, workload),
            Self::Raw { burst, at } => {
                let expected = &workload.bursts[*burst];
                if expected.get(*at..*at + bytes.len()) != Some(bytes) {
                    return Err("the raw echo differs".into());
                }
                let size = expected.len() / workload.window;
                let before = *at / size;
                *at += bytes.len();
                let completed = *at / size - before;
                if *at == expected.len() {
                    (*burst, *at) = (workload.after(*burst), 0);
                }
                Ok(completed)
            }
        }
    }
}

/// The state of the frame parser.
#[derive(Debug, Default)]
pub struct Frames {
    partial: Vec<u8>,
    frame: Option<(Header, u64)>,
    message: usize,
    offset: usize,
    compressed: Option<Vec<u8>>,
    inflater: Option<Inflater>,
}

impl Frames {
    fn receive(&mut self, mut bytes: &[u8], workload: &Workload) -> Result<usize, String> {
        let mut completed = 0;
        loop {
            let Some((header, left)) = self.frame else {
                if !self.header(&mut bytes, &workload.messages[self.message])? {
                    return Ok(completed);
                }
                continue;
            };
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let (piece, rest) = bytes.split_at(take);
            bytes = rest;
            self.payload(header, piece, &workload.messages[self.message])?;
            let left = left - take as u64;
            if left > 0 {
                self.frame = Some((header, left));
                return Ok(completed);
            }
            self.frame = None;
            if header.opcode() < CLOSE && header.is_fin() {
                self.finish(&workload.messages[self.message])?;
                self.message = (self.message + 1) % workload.messages.len();
                completed += 1;
            }
        }
    }

    /// Parses a header. Returns whether it was complete.
    fn header(&mut self, bytes: &mut &[u8], expected: &Message) -> Result<bool, String> {
        let parsed = if self.partial.is_empty() {
            Header::parse(bytes)?
        } else {
            let known = self.partial.len();
            self.partial.extend(bytes.iter().take(10));
            let parsed = Header::parse(&self.partial)?;
            if parsed.is_some() {
                self.partial.clear();
            } else {
                self.partial.truncate(known);
            }
            parsed.map(|(header, size)| (header, size - known))
        };
        let Some((header, size)) = parsed else {
            self.partial.extend_from_slice(bytes);
            *bytes = &[];
            return Ok(false);
        };
        *bytes = &bytes[size..];
        self.check(header, expected)?;
        self.frame = Some((header, header.length));
        Ok(true)
    }

    fn check(&mut self, header: Header, expected: &Message) -> Result<(), String> {
        if header.opcode() == CLOSE {
            return Err("the server closed the connection".into());
        }
        if header.opcode() > BINARY {
            return Ok(());
        }
        let begun = self.offset > 0 || self.compressed.is_some();
        if header.opcode() == CONTINUATION || begun {
            // An empty first fragment cannot be told from none. No measured server sends one.
            if header.opcode() != CONTINUATION || !begun {
                return Err(format!("{header:?} at offset {}", self.offset));
            }
        } else if header.opcode() != expected.opcode {
            return Err(format!("{header:?} instead of opcode {}", expected.opcode));
        } else if header.is_compressed() {
            self.compressed = Some(Vec::new());
        }
        Ok(())
    }

    fn payload(&mut self, header: Header, piece: &[u8], expected: &Message) -> Result<(), String> {
        if header.opcode() > BINARY {
            return Ok(());
        }
        if let Some(compressed) = &mut self.compressed {
            compressed.extend_from_slice(piece);
            return Ok(());
        }
        let end = self.offset + piece.len();
        if expected.payload.get(self.offset..end) != Some(piece) {
            return Err(format!("the payload differs within {}..{end}", self.offset));
        }
        self.offset = end;
        Ok(())
    }

    fn finish(&mut self, expected: &Message) -> Result<(), String> {
        match self.compressed.take() {
            Some(compressed) => self
                .inflater
                .get_or_insert_with(Inflater::new)
                .check(compressed, &expected.payload)?,
            None if self.offset != expected.payload.len() => {
                return Err(format!("{} bytes of {}", self.offset, expected.payload.len()));
            }
            None => {}
        }
        self.offset = 0;
        Ok(())
    }
}

/// Decompresses the messages of a server: [RFC 7692 §7.2.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2).
#[derive(Debug)]
struct Inflater {
    state: Decompress,
    out: Vec<u8>,
}

impl Inflater {
    fn new() -> Self {
        Self { state: Decompress::new(false), out: Vec::new() }
    }

    fn check(&mut self, mut compressed: Vec<u8>, expected: &[u8]) -> Result<(), String> {
        compressed.extend_from_slice(&[0, 0, 0xff, 0xff]);
        self.out.clear();
        self.out.reserve(expected.len() + 64);
        let inflated = self.state.decompress_vec(&compressed, &mut self.out, FlushDecompress::Sync);
        match inflated {
            Err(error) => return Err(format!("the message cannot be decompressed: {error}")),
            Ok(flate2::Status::StreamEnd) => self.state.reset(false),
            Ok(_) => {}
        }
        if self.out == expected { Ok(()) } else { Err("the decompressed message differs".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerVerifier;
    use crate::load::workload::Workload;
    use sockeye_bench_data::frame::{BINARY, FIN};
    use sockeye_bench_data::payload::Content;

    fn reply(payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap_or(0).to_be_bytes();
        [&[FIN | BINARY, 126, length[0], length[1]], payload].concat()
    }

    #[test]
    fn any_split_of_the_reply_gives_the_same_count() {
        let workload = Workload::echo(2, Content::Binary, 200, 1);
        let reply = reply(&workload.messages[0].payload).repeat(3);
        for step in 1..=reply.len() {
            let mut verifier = ServerVerifier::frames();
            let counts = reply.chunks(step).map(|piece| verifier.receive(piece, &workload));
            assert_eq!(counts.sum::<Result<usize, String>>(), Ok(3), "in steps of {step}");
        }
    }

    #[test]
    fn a_single_wrong_byte_is_an_error() {
        let workload = Workload::echo(1, Content::Binary, 200, 1);
        let right = reply(&workload.messages[0].payload);
        for index in 0..right.len() {
            let mut wrong = right.clone();
            wrong[index] ^= 1;
            let received = ServerVerifier::frames().receive(&wrong, &workload);
            assert_ne!(received, Ok(1), "at {index}");
        }
    }

    #[test]
    fn a_raw_echo_returns_the_same_bytes() {
        let workload = Workload::echo(4, Content::Ascii, 16, 1);
        let burst = &workload.bursts[0];
        let mut verifier = ServerVerifier::raw();
        assert_eq!(verifier.receive(&burst[..30], &workload), Ok(1));
        assert_eq!(verifier.receive(&burst[30..], &workload), Ok(3));
        assert!(verifier.receive(&burst[1..], &workload).is_err());
    }
}
