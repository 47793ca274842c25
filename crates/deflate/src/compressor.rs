//! Compression: [RFC 7692 §7.2.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).

use std::fmt;

use zlib_rs::DeflateFlush;

use crate::{
    DeflateConfig, Direction,
    pool::{Settings, give_deflate, is_over_capacity, take_deflate},
    window::Window,
};

/// Compresses the messages of one direction.
///
/// It allocates nothing before the first message. It accepts every message, and its output never refers to data outside of
/// the agreed window.
pub struct Compressor {
    settings: Settings,
    takeover: bool,
    deflate: Option<zlib_rs::Deflate>,
    /// The data that was sent last. It primes the next compressor after [`park`](Self::park).
    recent: Window,
}

impl Compressor {
    /// Creates a compressor with the settings of the application, for the agreed direction.
    pub fn new(deflate: &DeflateConfig, direction: Direction) -> Self {
        let Direction { window_bits, takeover } = direction;
        let settings = Settings { level: deflate.level, mem_level: deflate.mem_level, window_bits };
        let recent = Window::new(RECENT.min(1 << window_bits));
        Self { settings, takeover, deflate: None, recent }
    }

    /// Compresses a fragment of a message and appends the result to `out`. `last` marks the last or only fragment.
    ///
    /// The receiver can decompress the fragment completely as soon as it arrives. If the result is larger than the fragment
    /// and the message has no other fragments, the caller may send the message uncompressed, but has to call
    /// [`forget`](Self::forget) first.
    pub fn compress(&mut self, payload: &[u8], last: bool, out: &mut Vec<u8>) {
        if payload.is_empty() {
            // RFC 7692 §7.2.3.6: the header of an empty block represents no data. The compressor is not needed: its
            // previous output ends at the boundary of a byte.
            out.extend(last.then_some(EMPTY_BLOCK));
        } else {
            self.deflate(payload, out);
            if last {
                // RFC 7692 §7.2.1: the last four bytes are always the same, and the sender removes them.
                out.truncate(out.len() - TAIL.len());
            }
        }
        if last && (!self.takeover || is_over_capacity()) {
            self.park();
        }
    }

    /// Releases the memory that an idle connection does not need: everything except for at most 4 KiB of the data that was
    /// sent last. Compressing the next message takes some microseconds longer.
    ///
    /// The call is allowed at any time, also between the fragments of a message, and has no effect on a parked compressor.
    pub fn park(&mut self) {
        if let Some(deflate) = self.deflate.take() {
            give_deflate(self.settings, deflate);
        }
    }

    /// Returns whether [`park`](Self::park) has nothing to release.
    pub fn is_parked(&self) -> bool {
        self.deflate.is_none()
    }

    /// Resets the compressor, as if nothing had been sent.
    ///
    /// This is always correct, because later output only refers to less data. It is required between messages if the output
    /// of the last message was not sent.
    pub fn forget(&mut self) {
        self.park();
        self.recent.release();
    }

    fn deflate(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let deflate = self.deflate.get_or_insert_with(|| {
            let mut deflate = take_deflate(self.settings);
            for part in self.recent.parts() {
                deflate.set_dictionary(part).expect("a compressor accepts it at a block boundary");
            }
            deflate
        });
        let mut rest = payload;
        loop {
            let start = out.len();
            let space = (rest.len() + MARGIN).min(STEP);
            out.resize(start + space, 0);
            let before = (deflate.total_in(), deflate.total_out());
            deflate
                .compress(rest, &mut out[start..], DeflateFlush::SyncFlush)
                .expect("a compressor accepts any input");
            let consumed = usize::try_from(deflate.total_in() - before.0);
            let produced = usize::try_from(deflate.total_out() - before.1);
            rest = &rest[consumed.expect("at most the input")..];
            let produced = produced.expect("at most the space");
            out.truncate(start + produced);
            // The compressor fills all space as long as it has more to write.
            if produced < space {
                break;
            }
        }
        if self.takeover {
            self.recent.extend(payload);
        }
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.park();
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor")
            .field("settings", &self.settings)
            .field("takeover", &self.takeover)
            .field("parked", &self.is_parked())
            .finish_non_exhaustive()
    }
}

/// The number of sent bytes that a parked compressor keeps. More would only help if repetitions are far apart.
const RECENT: usize = 4096;

/// The largest step in which the output grows.
const STEP: usize = 16 * 1024;

/// The space for incompressible data in addition to its length. It is larger than an empty block, so that a flush ends.
const MARGIN: usize = 64;

/// The end of the output of a flush: the length of an empty block, and its complement.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// An empty block without the tail.
const EMPTY_BLOCK: u8 = 0;
