//! The memory that an idle receiver releases.

use super::Receiver;

impl Receiver {
    /// Releases the decompression memory that an idle connection does not need. The next compressed message takes a little
    /// longer.
    pub fn release_memory(&mut self) {
        if let Some(inflater) = &mut self.inflater {
            inflater.park();
        }
    }

    /// Calls [`release_memory`](Self::release_memory), unless a message was decompressed since the last call.
    ///
    /// Call it periodically while the connection waits: a busy connection keeps its memory, an idle one releases it after one
    /// to two periods.
    pub fn release_if_idle(&mut self) {
        if let Some(inflater) = &mut self.inflater
            && !inflater.take_used_flag()
        {
            inflater.park();
        }
    }

    /// Returns `true` if there is no memory to release.
    #[inline]
    pub fn is_released(&self) -> bool {
        self.inflater.as_ref().is_none_or(|inflater| inflater.is_parked())
    }
}
