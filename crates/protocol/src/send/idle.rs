//! The memory that an idle sender releases.

use super::Sender;

impl Sender {
    /// Releases the compression memory that an idle connection does not need. The next compressed message takes a little
    /// longer.
    pub fn release_memory(&mut self) {
        if let Some(deflater) = &mut self.deflater {
            deflater.park();
        }
    }

    /// Calls [`release_memory`](Self::release_memory), unless a message was compressed since the last call.
    ///
    /// Call it periodically while the connection waits: a busy connection keeps its memory, an idle one releases it after one
    /// to two periods.
    pub fn release_if_idle(&mut self) {
        if let Some(deflater) = &mut self.deflater
            && !deflater.take_used_flag()
        {
            deflater.park();
        }
    }

    /// Returns `true` if there is no memory to release.
    #[inline]
    pub fn is_released(&self) -> bool {
        self.deflater.as_ref().is_none_or(|deflater| deflater.is_parked())
    }
}
