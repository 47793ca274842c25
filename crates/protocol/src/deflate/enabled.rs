//! The extension, joined to the connection.

use std::{mem, sync::OnceLock};

use bytes::Bytes;
use sockeye_deflate::{Agreement, Compressor, Decompressor, DeflateConfig, Direction};
use sockeye_errors::ProtocolError;

use crate::{Connection, Prepared, Receiver, Sender};

/// The compressing side of an agreement.
#[derive(Debug)]
pub(crate) struct Deflater {
    settings: DeflateConfig,
    direction: Direction,
    compressor: Compressor,
    used: bool,
}

impl Deflater {
    pub(crate) fn new(settings: &DeflateConfig, direction: Direction) -> Self {
        let compressor = Compressor::new(settings, direction);
        Self { settings: *settings, direction, compressor, used: false }
    }

    /// Whether a message of `len` bytes is worth the effort.
    pub(crate) fn is_worthwhile(&self, len: usize) -> bool {
        self.settings.is_worthwhile(len)
    }

    /// Appends the next fragment of a message, compressed ([RFC 7692 §6.1](https://www.rfc-editor.org/rfc/rfc7692#section-6.1)).
    pub(crate) fn deflate(&mut self, payload: &[u8], last: bool, out: &mut Vec<u8>) {
        self.used = true;
        self.compressor.compress(payload, last, out);
    }

    /// The payload of a message for many, compressed: without reference to what came before on any connection.
    pub(crate) fn deflate_prepared(&mut self, prepared: &Prepared) -> Bytes {
        // What we write next must not refer to what was sent before this: the peer has one window, we have two.
        self.compressor.forget();
        let deflate = || {
            let mut out = Vec::new();
            let payload = prepared.message().as_bytes();
            Compressor::new(&self.settings, self.direction).compress(payload, true, &mut out);
            Bytes::from(out)
        };
        let index = usize::from(self.direction.window_bits).checked_sub(8);
        match index.and_then(|index| prepared.cache().0.get(index)) {
            Some(cell) => cell.get_or_init(deflate).clone(),
            None => deflate(),
        }
    }

    /// Frees what an idle connection can do without.
    pub(crate) fn park(&mut self) {
        self.compressor.park();
    }

    /// Whether there is anything to free.
    pub(crate) fn is_parked(&self) -> bool {
        self.compressor.is_parked()
    }

    /// Whether it was used since this was last asked.
    pub(crate) fn was_used(&mut self) -> bool {
        mem::take(&mut self.used)
    }
}

/// The compressed payloads of a message for many: one for each size of the window, 8 to 15 bits.
#[derive(Debug, Default)]
pub(crate) struct Cache([OnceLock<Bytes>; 8]);

/// The decompressing side of an agreement.
#[derive(Debug)]
pub(crate) struct Inflater {
    decompressor: Decompressor,
    used: bool,
}

impl Inflater {
    pub(crate) fn new(direction: Direction) -> Self {
        Self { decompressor: Decompressor::new(direction), used: false }
    }

    /// Appends what the next bytes of a message hold ([RFC 7692 §6.2](https://www.rfc-editor.org/rfc/rfc7692#section-6.2)); `None` is no limit to its size.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        max_size: Option<u64>,
    ) -> Result<(), ProtocolError> {
        self.used = true;
        self.decompressor.decompress(input, out, max_size.unwrap_or(u64::MAX))
    }

    /// Ends a message.
    pub(crate) fn finish(&mut self) -> Result<(), ProtocolError> {
        self.decompressor.finish()
    }

    /// Frees what an idle connection can do without.
    pub(crate) fn park(&mut self) {
        self.decompressor.park();
    }

    /// Whether there is anything to free.
    pub(crate) fn is_parked(&self) -> bool {
        self.decompressor.is_parked()
    }

    /// Whether it was used since this was last asked.
    pub(crate) fn was_used(&mut self) -> bool {
        mem::take(&mut self.used)
    }
}

impl Sender {
    /// The same, with messages compressed as was agreed.
    #[must_use]
    pub fn compress(mut self, settings: &DeflateConfig, agreement: &Agreement) -> Self {
        self.deflater = Some(Box::new(Deflater::new(settings, agreement.ours)));
        self
    }
}

impl Receiver {
    /// The same, with messages decompressed as was agreed.
    #[must_use]
    pub fn decompress(mut self, agreement: &Agreement) -> Self {
        self.inflater = Some(Box::new(Inflater::new(agreement.theirs)));
        self
    }
}

impl Connection {
    /// The same, with messages compressed as was agreed in the opening handshake.
    #[must_use]
    pub fn compress(self, settings: &DeflateConfig, agreement: &Agreement) -> Self {
        let (sender, receiver) = self.split();
        Self::join(sender.compress(settings, agreement), receiver.decompress(agreement))
    }
}
