//! permessage-deflate, connected to the two directions.

use std::{mem, sync::OnceLock};

use bytes::Bytes;
use sockeye_deflate::{Agreement, Compressor, Decompressor, DeflateConfig, Direction};
use sockeye_errors::ProtocolError;

/// The compressor of a connection.
#[derive(Debug)]
pub(crate) struct Deflater {
    settings: DeflateConfig,
    direction: Direction,
    compressor: Compressor,
    used: bool,
}

/// The compressed payloads of a message that is sent on many connections, one for each window size of 8 to 15 bits.
#[derive(Debug, Default)]
pub(crate) struct CompressedForms(OnceLock<Box<[OnceLock<Bytes>; 8]>>);

impl Deflater {
    pub(crate) fn new(settings: &DeflateConfig, agreement: Agreement) -> Self {
        let direction = agreement.ours;
        let compressor = Compressor::new(settings, direction);
        Self { settings: *settings, direction, compressor, used: false }
    }

    /// Whether the settings ask for the compression of a message of `len` bytes.
    pub(crate) fn is_worthwhile(&self, len: usize) -> bool {
        self.settings.is_worthwhile(len)
    }

    /// Appends the next fragment of a message, compressed ([RFC 7692 §6.1](https://www.rfc-editor.org/rfc/rfc7692#section-6.1)).
    pub(crate) fn deflate(&mut self, payload: &[u8], last: bool, out: &mut Vec<u8>) {
        self.used = true;
        self.compressor.compress(payload, last, out);
    }

    /// Returns the compressed form of a payload, without references to earlier messages of any connection. It is compressed
    /// if it is not among the `forms`.
    pub(crate) fn deflate_once(&mut self, payload: &[u8], forms: &CompressedForms) -> Bytes {
        // The peer has one window, and this message moves it, so later messages must not refer to earlier ones either.
        self.compressor.forget();
        let deflate = || {
            let mut out = Vec::new();
            Compressor::new(&self.settings, self.direction).compress(payload, true, &mut out);
            Bytes::from(out)
        };
        let index = usize::from(self.direction.window_bits).checked_sub(8);
        let forms = forms.0.get_or_init(Box::default);
        match index.and_then(|index| forms.get(index)) {
            Some(form) => form.get_or_init(deflate).clone(),
            None => deflate(),
        }
    }

    /// Releases the memory that an idle connection does not need.
    pub(crate) fn park(&mut self) {
        self.compressor.park();
    }

    /// Whether there is no memory to release.
    pub(crate) fn is_parked(&self) -> bool {
        self.compressor.is_parked()
    }

    /// Returns whether the compressor was used since the last call.
    pub(crate) fn take_used_flag(&mut self) -> bool {
        mem::take(&mut self.used)
    }
}

/// The decompressor of a connection.
#[derive(Debug)]
pub(crate) struct Inflater {
    decompressor: Decompressor,
    used: bool,
    /// The number of bytes of output since the last call of [`take_output_flag`](Self::take_output_flag) that returned `true`.
    output: usize,
}

impl Inflater {
    pub(crate) fn new(agreement: Agreement) -> Self {
        Self { decompressor: Decompressor::new(agreement.theirs), used: false, output: 0 }
    }

    /// Appends the decompressed next bytes of a message
    /// ([RFC 7692 §6.2](https://www.rfc-editor.org/rfc/rfc7692#section-6.2)); with `None` its size is not limited.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        max_size: Option<u64>,
    ) -> Result<(), ProtocolError> {
        self.used = true;
        let before = out.len();
        let result = self.decompressor.decompress(input, out, max_size.unwrap_or(u64::MAX));
        self.output = self.output.saturating_add(out.len() - before);
        result
    }

    /// Returns whether at least `limit` bytes of output came out since the last call that returned `true`.
    pub(crate) fn take_output_flag(&mut self, limit: usize) -> bool {
        let is_reached = self.output >= limit;
        if is_reached {
            self.output = 0;
        }
        is_reached
    }

    /// Ends a message.
    pub(crate) fn finish(&mut self) -> Result<(), ProtocolError> {
        self.decompressor.finish()
    }

    /// Releases the memory that an idle connection does not need.
    pub(crate) fn park(&mut self) {
        self.decompressor.park();
    }

    /// Whether there is no memory to release.
    pub(crate) fn is_parked(&self) -> bool {
        self.decompressor.is_parked()
    }

    /// Returns whether the decompressor was used since the last call.
    pub(crate) fn take_used_flag(&mut self) -> bool {
        mem::take(&mut self.used)
    }
}
