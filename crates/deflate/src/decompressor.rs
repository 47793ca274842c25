//! Decompression: [RFC 7692 §7.2.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2).

use std::fmt;

use sockeye_errors::{PayloadTooBig, ProtocolError};
use zlib_rs::{InflateFlush, Status};

use crate::{
    Direction,
    pool::{give_inflate, is_crowded, take_inflate},
    window::Window,
};

/// Decompresses the messages of one direction.
///
/// It allocates nothing before the first message. Time is proportional to the compressed and the decompressed bytes,
/// however they are cut; the first error is final.
pub struct Decompressor {
    takeover: bool,
    inflate: Option<zlib_rs::Inflate>,
    /// What was decompressed last: data after a final block, and after [`park`](Self::park), refers to it.
    window: Window,
    message: Progress,
    failure: Option<ProtocolError>,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Bytes of input.
    consumed: u64,
    /// Bytes of output.
    produced: u64,
    /// `produced` when the current step of input began.
    mark: u64,
    /// Bytes of input in steps that produced nothing.
    barren: u64,
    /// Bytes of the window that were given to a decompressor again after a final block.
    primed: u64,
}

impl Progress {
    /// Counts input that was decompressed.
    fn advance(&mut self, length: usize) -> Result<(), ProtocolError> {
        self.consumed += length as u64;
        if self.consumed.is_multiple_of(STEP) {
            if self.produced == self.mark {
                self.barren += STEP;
            }
            self.mark = self.produced;
        }
        if self.barren >= BARREN { Err(ProtocolError::EmptyDeflate) } else { Ok(()) }
    }
}

impl Decompressor {
    /// A decompressor for the agreed direction.
    pub fn new(direction: Direction) -> Self {
        let Direction { window_bits, takeover } = direction;
        Self {
            takeover,
            inflate: None,
            // Some compressors take 9 bits where 8 were agreed.
            window: Window::new(1 << window_bits.max(9)),
            message: Progress::default(),
            failure: None,
        }
    }

    /// Decompresses the next bytes of a message, whatever their number, and appends what they hold to `out`.
    ///
    /// `limit` is the size in bytes that the message may have at most, all that it brought before included, whether or not
    /// it is still in `out`. The memory of `out` grows with what is decompressed, and never beyond what the limit
    /// allows.
    ///
    /// # Errors
    ///
    /// When the message is larger than `limit` or than the memory, when the data is corrupt, and when it goes on without
    /// any content. After that, the same error returns forever.
    pub fn decompress(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        self.check()?;
        let mut rest = input;
        while !rest.is_empty() {
            // Steps are counted from the start of the message, so that how the input is cut does not matter.
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
    /// When the data ended in the middle of a block, and after any other error.
    pub fn finish(&mut self) -> Result<(), ProtocolError> {
        self.check()?;
        // RFC 7692 §7.2.2: the sender left out the last four bytes. After a final block, or where nothing at all came,
        // nothing is missing.
        if self.message.consumed > 0
            && let Some(inflate) = &mut self.inflate
        {
            let before = (inflate.total_in(), inflate.total_out());
            let result = inflate.decompress(&TAIL_AND_MORE, &mut [0], InflateFlush::Block);
            // It stops where the block ends, which is after the tail and before the byte that follows.
            let is_end = inflate.total_in() - before.0 == TAIL_LENGTH;
            if !is_end || inflate.total_out() != before.1 || result != Ok(Status::Ok) {
                return Err(self.fail(ProtocolError::CorruptDeflate));
            }
        }
        self.message = Progress::default();
        if !self.takeover || is_crowded() {
            self.park();
        }
        Ok(())
    }

    /// Frees the memory that an idle connection can do without: all but the window. The next message takes less than a
    /// microsecond more.
    ///
    /// Does nothing where there is nothing to free, and in the middle of a message.
    pub fn park(&mut self) {
        if self.message.consumed > 0 {
            return;
        }
        self.give_back();
        if !self.takeover {
            self.window.release();
        }
    }

    /// Whether there is nothing that [`park`](Self::park) would free: in the middle of a message there never is.
    pub fn is_parked(&self) -> bool {
        self.inflate.is_none() || self.message.consumed > 0
    }

    /// Decompresses input that lies within one step.
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

    /// Decompresses until the input is used up, or `space` bytes are written, or a final block ends. Says how much of the
    /// input is done, and whether it was the space that ended it.
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
        // At the limit, there is one byte to tell whether more would come.
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
            // RFC 7692 §7.2.3.4: after a final block there may be more blocks. What they refer to stays in the window.
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

    /// Starts at the boundary of a block, `offset` bytes after the start of the step, with the window.
    fn resume(&mut self, offset: u64) -> Result<(), ProtocolError> {
        self.message.primed += self.window.len() as u64;
        if self.message.primed > PRIMED + PRIMED_PER_BYTE * (self.message.consumed + offset) {
            return Err(ProtocolError::EmptyDeflate);
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

    /// The first error stays.
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

/// Makes room for `space` more bytes, where `room` more are allowed. `None` when there is no memory.
///
/// Capacities are what is allowed in all, halved some times: so there is at most half as much in the old place when it
/// grows for the last time.
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

/// Input is looked at in steps of this length.
const STEP: u64 = 4096;

/// The input that may pass without any output. What needs more than a few hundred bytes is there to waste time.
const BARREN: u64 = 64 * 1024;

/// The bytes that may be copied for the sake of final blocks: some, and some for each byte of input.
const PRIMED: u64 = 1 << 20;
const PRIMED_PER_BYTE: u64 = 64;

/// The most, and the least, that the output grows by at a time.
const MAX_SPACE: usize = 16 * 1024;
const MIN_SPACE: usize = 256;

/// Short messages rarely expand to more than this many times their length.
const TYPICAL_RATIO: usize = 6;

/// What the sender left out at the end of a message, and a byte that is not part of it.
const TAIL_AND_MORE: [u8; 5] = [0, 0, 0xff, 0xff, 0];
const TAIL_LENGTH: u64 = 4;
