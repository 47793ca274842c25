//! Decompression: [RFC 7692 §7.2.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2).

use std::fmt;

use sockeye_errors::{PayloadTooBig, ProtocolError};
use zlib_rs::{InflateFlush, Status};

use crate::{
    Direction,
    pool::{give_inflate, is_over_capacity, take_inflate},
    window::Window,
};

/// Decompresses the messages of one direction.
///
/// It allocates nothing before the first message. The time is proportional to the number of compressed and decompressed
/// bytes, however the input is split. After an error, the decompressor returns the same error forever.
pub struct Decompressor {
    takeover: bool,
    inflate: Option<zlib_rs::Inflate>,
    /// The data that was decompressed last. Data after a final block, and after [`park`](Self::park), refers to it.
    window: Window,
    message: Progress,
    failure: Option<ProtocolError>,
}

/// The progress within a message.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Bytes of input.
    consumed: u64,
    /// Bytes of output.
    produced: u64,
    /// `produced` when the current step of input began.
    mark: u64,
    /// Bytes of input in steps that produced no output.
    unproductive: u64,
    /// Bytes of the window that were replayed to a decompressor after a final block.
    replayed: u64,
}

impl Progress {
    /// Counts input that was decompressed.
    fn advance(&mut self, length: usize) -> Result<(), ProtocolError> {
        self.consumed += length as u64;
        if self.consumed.is_multiple_of(STEP) {
            if self.produced == self.mark {
                self.unproductive += STEP;
            }
            self.mark = self.produced;
        }
        if self.unproductive >= MAX_UNPRODUCTIVE {
            Err(ProtocolError::UnproductiveDeflate)
        } else {
            Ok(())
        }
    }
}

impl Decompressor {
    /// Creates a decompressor for the agreed direction.
    pub fn new(direction: Direction) -> Self {
        let Direction { window_bits, takeover } = direction;
        Self {
            takeover,
            inflate: None,
            // Some compressors use 9 bits where 8 were agreed.
            window: Window::new(1 << window_bits.max(9)),
            message: Progress::default(),
            failure: None,
        }
    }

    /// Decompresses the next bytes of a message and appends the result to `out`. The input can have any length.
    ///
    /// `limit` is the maximum size of the whole message in bytes, including earlier calls, even if their output is no longer
    /// in `out`. The memory of `out` grows with the decompressed data, and never beyond the limit.
    ///
    /// # Errors
    ///
    /// Returns an error if the message exceeds `limit` or the available memory, if the data is corrupt, or if it produces no
    /// output for too long. All later calls return the same error.
    pub fn decompress(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        self.check()?;
        let mut rest = input;
        while !rest.is_empty() {
            // Steps are counted from the start of the message, so that the result does not depend on how the input is split.
            let left = STEP - self.message.consumed % STEP;
            let length = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
            let (step, after) = rest.split_at(length);
            let result = self.step(step, out, limit).and_then(|()| self.message.advance(length));
            result.map_err(|error| self.fail(error))?;
            rest = after;
        }
        Ok(())
    }

    /// Ends a message.
    ///
    /// # Errors
    ///
    /// Returns an error if the data ended in the middle of a block, and after any other error.
    pub fn finish(&mut self) -> Result<(), ProtocolError> {
        self.check()?;
        // RFC 7692 §7.2.2: the sender removed the last four bytes. After a final block, and in a message without any input,
        // nothing is missing.
        if self.message.consumed > 0
            && let Some(inflate) = &mut self.inflate
        {
            let before = (inflate.total_in(), inflate.total_out());
            let result = inflate.decompress(&TAIL_AND_MORE, &mut [0], InflateFlush::Block);
            // It stops at the end of the block, which is after the tail and before the additional byte.
            let is_end = inflate.total_in() - before.0 == TAIL_LENGTH;
            if !is_end || inflate.total_out() != before.1 || result != Ok(Status::Ok) {
                return Err(self.fail(ProtocolError::CorruptDeflate));
            }
        }
        self.message = Progress::default();
        if !self.takeover || is_over_capacity() {
            self.park();
        }
        Ok(())
    }

    /// Releases the memory that an idle connection does not need: everything except for the window. Decompressing the next
    /// message takes less than a microsecond longer.
    ///
    /// The call has no effect on a parked decompressor and in the middle of a message.
    pub fn park(&mut self) {
        if self.message.consumed > 0 {
            return;
        }
        self.give_back();
        if !self.takeover {
            self.window.release();
        }
    }

    /// Returns whether [`park`](Self::park) has nothing to release, which is always true in the middle of a message.
    pub fn is_parked(&self) -> bool {
        self.inflate.is_none() || self.message.consumed > 0
    }

    /// Decompresses input within one step.
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>, limit: u64) -> Result<(), ProtocolError> {
        let mut rest = input;
        let mut space = (TYPICAL_RATIO * input.len()).clamp(MIN_SPACE, MAX_SPACE);
        loop {
            if self.inflate.is_none() {
                self.resume((input.len() - rest.len()) as u64)?;
            }
            let (consumed, is_full) = self.inflate(rest, out, space, limit)?;
            rest = &rest[consumed..];
            if rest.is_empty() && !is_full {
                return Ok(());
            }
            space = MAX_SPACE;
        }
    }

    /// Decompresses until the input is consumed, `space` bytes are written, or a final block ends. Returns the number of
    /// consumed bytes, and whether the space was exhausted.
    fn inflate(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        space: usize,
        limit: u64,
    ) -> Result<(usize, bool), ProtocolError> {
        let Some(inflate) = &mut self.inflate else { return Ok((0, false)) };
        let start = out.len();
        let room = limit.saturating_sub(self.message.produced);
        // At the limit, one byte of space detects whether the message continues.
        let mut excess = [0];
        let target = if room == 0 {
            &mut excess[..]
        } else {
            let space = usize::try_from(room).map_or(space, |room| room.min(space));
            let held = self.message.produced;
            reserve(out, space, room).ok_or(PayloadTooBig::new(held + space as u64, held))?;
            out.resize(start + space, 0);
            &mut out[start..]
        };
        let space = target.len();

        let before = (inflate.total_in(), inflate.total_out());
        let result = inflate.decompress(input, target, InflateFlush::NoFlush);
        let consumed = difference(inflate.total_in(), before.0);
        let produced = difference(inflate.total_out(), before.1);
        if room == 0 && produced > 0 {
            return Err(PayloadTooBig::new(limit.saturating_add(1), limit).into());
        }
        out.truncate(start + produced);
        self.window.extend(&out[start..]);
        self.message.produced += produced as u64;

        match result {
            // RFC 7692 §7.2.3.4: more blocks may follow a final block. They refer to the data in the window.
            Ok(Status::StreamEnd) => {
                self.give_back();
                Ok((consumed, false))
            }
            Ok(_) if consumed > 0 || produced > 0 || input.is_empty() => {
                Ok((consumed, produced == space))
            }
            _ => Err(ProtocolError::CorruptDeflate),
        }
    }

    /// Continues with a new decompressor at the boundary of a block, `offset` bytes after the start of the step, and replays
    /// the window to it.
    fn resume(&mut self, offset: u64) -> Result<(), ProtocolError> {
        self.message.replayed += self.window.len() as u64;
        if self.message.replayed
            > REPLAY_ALLOWANCE + REPLAY_PER_BYTE * (self.message.consumed + offset)
        {
            return Err(ProtocolError::UnproductiveDeflate);
        }
        let inflate = self.inflate.insert(take_inflate());
        for part in self.window.parts() {
            inflate.set_dictionary(part).map_err(|_| ProtocolError::CorruptDeflate)?;
        }
        Ok(())
    }

    fn give_back(&mut self) {
        if let Some(inflate) = self.inflate.take() {
            give_inflate(inflate);
        }
    }

    /// Returns the first error, which is final.
    fn check(&self) -> Result<(), ProtocolError> {
        self.failure.map_or(Ok(()), Err)
    }

    fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.failure = Some(error);
        self.give_back();
        self.window.release();
        error
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("takeover", &self.takeover)
            .field("window", &self.window.len())
            .field("parked", &self.inflate.is_none())
            .field("message", &self.message)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// Reserves `space` more bytes, where `room` more are allowed. Returns `None` if the memory is exhausted.
///
/// Each capacity is the total allowance divided by a power of two. When the buffer grows for the last time, the old one is
/// therefore at most half as large.
fn reserve(out: &mut Vec<u8>, space: usize, room: u64) -> Option<()> {
    let needed = out.len() + space;
    if needed > out.capacity() {
        let allowed = room.saturating_add(out.len() as u64).max(needed as u64);
        let capacity = match out.capacity() {
            0 => needed,
            _ => usize::try_from(allowed >> (allowed / needed as u64).ilog2()).ok()?,
        };
        out.try_reserve_exact(capacity - out.len()).ok()?;
    }
    Some(())
}

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after - before).expect("not more than the slice it counts")
}

/// The length of the steps of input whose output is compared.
const STEP: u64 = 4096;

/// The number of input bytes that may produce no output. Regular compressors need at most a few hundred; more input without
/// output only costs time.
const MAX_UNPRODUCTIVE: u64 = 64 * 1024;

/// The number of bytes that may be replayed after final blocks: a fixed allowance, and an allowance for each byte of input.
const REPLAY_ALLOWANCE: u64 = 1 << 20;
const REPLAY_PER_BYTE: u64 = 64;

/// The largest and the smallest step in which the output grows.
const MAX_SPACE: usize = 16 * 1024;
const MIN_SPACE: usize = 256;

/// Short messages rarely expand to more than this multiple of their length.
const TYPICAL_RATIO: usize = 6;

/// The bytes that the sender removes at the end of a message, and one byte that is not part of it.
const TAIL_AND_MORE: [u8; 5] = [0, 0, 0xff, 0xff, 0];
const TAIL_LENGTH: u64 = 4;
