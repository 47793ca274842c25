//! The extension is not there, and nobody can negotiate it.

use bytes::Bytes;
use sockeye_errors::ProtocolError;

use crate::Prepared;

/// The compressor that does not exist.
#[derive(Debug)]
pub(crate) enum Deflater {}

impl Deflater {
    pub(crate) fn is_worthwhile(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn deflate(&mut self, _: &[u8], _: bool, _: &mut Vec<u8>) {
        match *self {}
    }

    pub(crate) fn deflate_prepared(&mut self, prepared: &Prepared) -> Bytes {
        let Cache(()) = prepared.cache();
        match *self {}
    }

    pub(crate) fn park(&mut self) {
        match *self {}
    }

    pub(crate) fn is_parked(&self) -> bool {
        match *self {}
    }

    pub(crate) fn was_used(&mut self) -> bool {
        match *self {}
    }
}

/// The decompressor that does not exist.
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

    pub(crate) fn finish(&mut self) -> Result<(), ProtocolError> {
        match *self {}
    }

    pub(crate) fn park(&mut self) {
        match *self {}
    }

    pub(crate) fn is_parked(&self) -> bool {
        match *self {}
    }

    pub(crate) fn was_used(&mut self) -> bool {
        match *self {}
    }
}

/// The compressed payloads of a message for many: there are none.
#[derive(Debug, Default)]
pub(crate) struct Cache(());
