//! Compression: [RFC 7692 §7.2.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).

use std::fmt;

use zlib_rs::DeflateFlush;

use crate::{
    Deflate, Direction,
    pool::{Settings, give_deflate, is_crowded, take_deflate},
    window::Window,
};

/// Compresses the messages of one direction.
///
/// It allocates nothing before the first message. A message is never refused, and what is written never refers to more than
/// the agreed window.
pub struct Compressor {
    settings: Settings,
    takeover: bool,
    deflate: Option<zlib_rs::Deflate>,
    /// What was sent last, to start again with after [`park`](Self::park).
    recent: Window,
}

impl Compressor {
    /// A compressor with the settings of the application, for the agreed direction.
    pub fn new(deflate: &Deflate, direction: Direction) -> Self {
        let Direction { window_bits, takeover } = direction;
        let settings = Settings { level: deflate.level, mem_level: deflate.mem_level, window_bits };
        let recent = Window::new(RECENT.min(1 << window_bits));
        Self { settings, takeover, deflate: None, recent }
    }

    /// Compresses a fragment of a message, the last or only one where `last` is set, and appends it to `out`.
    ///
    /// The receiver can decompress all of it at once. If the result is larger than the fragment, a message that has no
    /// other fragment may be sent as it is, but only after [`forget`](Self::forget).
    pub fn compress(&mut self, payload: &[u8], last: bool, out: &mut Vec<u8>) {
        if payload.is_empty() {
            // RFC 7692 §7.2.3.6: the header of an empty block stands for no data. There is no need to bother the
            // compressor: what it wrote before ends on the boundary of a byte.
            out.extend(last.then_some(EMPTY_BLOCK));
        } else {
            self.deflate(payload, out);
            if last {
                // RFC 7692 §7.2.1: the last four bytes are always the same and therefore not sent.
                out.truncate(out.len() - TAIL.len());
            }
        }
        if last && (!self.takeover || is_crowded()) {
            self.park();
        }
    }

    /// Frees the memory that an idle connection can do without: all but at most 4 KiB of what was sent last. The next
    /// message takes some microseconds more.
    ///
    /// Does nothing where there is nothing to free. Between the fragments of a message it is allowed too.
    pub fn park(&mut self) {
        if let Some(deflate) = self.deflate.take() {
            give_deflate(self.settings, deflate);
        }
    }

    /// Whether there is nothing that [`park`](Self::park) would free.
    pub fn is_parked(&self) -> bool {
        self.deflate.is_none()
    }

    /// Starts afresh, as if nothing had been sent.
    ///
    /// A sender is always free to: it only means not to refer to what it forgot. Between messages it has to, where the
    /// receiver did not get what was written last.
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
            // Space that is left means that everything is written.
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

/// How much of what was sent is kept while parked: more would help only where repetitions are far apart.
const RECENT: usize = 4096;

/// The most that the output grows by at a time.
const STEP: usize = 16 * 1024;

/// What incompressible data may take in addition to its length; more than an empty block, so that flushing ends.
const MARGIN: usize = 64;

/// The end of what a flush writes: the length of an empty block, and its complement.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// An empty block without the tail.
const EMPTY_BLOCK: u8 = 0;
