//! What a connection that compresses gives back while it has nothing to do.

use crate::{Receiver, Sender};

impl Sender {
    /// Frees what an idle connection can do without; the next compressed message takes a little longer.
    pub fn park(&mut self) {
        if let Some(deflater) = &mut self.deflater {
            deflater.park();
        }
    }

    /// Whether there is nothing that [`park`](Self::park) would free.
    #[inline]
    pub fn is_parked(&self) -> bool {
        self.deflater.as_ref().is_none_or(|deflater| deflater.is_parked())
    }

    /// [`park`](Self::park), unless a message was compressed since the last call.
    ///
    /// To be called from time to time while the connection waits: so that one that is busy keeps what it needs, and one
    /// that is not gives it back.
    pub fn rest(&mut self) {
        if let Some(deflater) = &mut self.deflater
            && !deflater.was_used()
        {
            deflater.park();
        }
    }
}

impl Receiver {
    /// Frees what an idle connection can do without; the next compressed message takes a little longer.
    pub fn park(&mut self) {
        if let Some(inflater) = &mut self.inflater {
            inflater.park();
        }
    }

    /// Whether there is nothing that [`park`](Self::park) would free.
    #[inline]
    pub fn is_parked(&self) -> bool {
        self.inflater.as_ref().is_none_or(|inflater| inflater.is_parked())
    }

    /// [`park`](Self::park), unless a message was decompressed since the last call.
    ///
    /// To be called from time to time while the connection waits: so that one that is busy keeps what it needs, and one
    /// that is not gives it back.
    pub fn rest(&mut self) {
        if let Some(inflater) = &mut self.inflater
            && !inflater.was_used()
        {
            inflater.park();
        }
    }
}
