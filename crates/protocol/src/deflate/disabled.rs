//! Stand-ins for permessage-deflate, which a connection without the feature cannot negotiate.

use bytes::Bytes;
use sockeye_errors::ProtocolError;

/// A compressor that does not exist.
#[derive(Debug)]
pub(crate) enum Deflater {}

/// The compressed payloads of a message that is sent on many connections, of which there are none.
#[derive(Debug, Default)]
pub(crate) struct CompressedForms(());

impl Deflater {
    pub(crate) fn is_worthwhile(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn deflate(&mut self, _: &[u8], _: bool, _: &mut Vec<u8>) {
        match *self {}
    }

    pub(crate) fn deflate_once(&mut self, _: &[u8], _: &CompressedForms) -> Bytes {
        match *self {}
    }

    pub(crate) fn park(&mut self) {
        match *self {}
    }

    pub(crate) fn is_parked(&self) -> bool {
        match *self {}
    }

    pub(crate) fn take_used_flag(&mut self) -> bool {
        match *self {}
    }
}

/// A decompressor that does not exist.
#[derive(Debug)]
pub(crate) enum Inflater {}

impl Inflater {
    pub(crate) fn inflate(
        &mut self,
        _: &[u8],
        _: &mut Vec<u8>,
        _: Option<u64>,
    ) -> Result<(), ProtocolError> {
        match *self {}
    }

    pub(crate) fn take_output_flag(&mut self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn finish(&mut self) -> Result<(), ProtocolError> {
        match *self {}
    }

    pub(crate) fn park(&mut self) {
        match *self {}
    }

    pub(crate) fn is_parked(&self) -> bool {
        match *self {}
    }

    pub(crate) fn take_used_flag(&mut self) -> bool {
        match *self {}
    }
}
