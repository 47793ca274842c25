//! What was received and is not decoded yet.

use crate::scratch::{self, Burst};

/// The bytes of a burst; none where all is decoded, as it is nearly always.
///
/// They are decoded where they were read, in a buffer of the thread, which the backlog has until then.
#[derive(Debug, Default)]
pub(crate) struct Backlog(Option<Box<Burst>>);

impl Backlog {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |burst| burst.as_slice())
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.0.as_mut().map_or(&mut [], |burst| burst.as_mut_slice())
    }

    /// Puts a burst behind what is there.
    pub(crate) fn push(&mut self, mut burst: Box<Burst>) {
        if burst.is_empty() {
            scratch::give(burst);
        } else if burst.keep_behind(self.as_slice()) {
            self.release();
            self.0 = Some(burst);
        } else {
            self.append(burst.as_slice());
            scratch::give(burst);
        }
    }

    /// Puts a copy of `bytes` behind what is there.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if self.is_empty() && !bytes.is_empty() {
            let mut burst = scratch::take();
            if burst.copy(bytes) {
                return self.push(burst);
            }
            scratch::give(burst);
        }
        self.append(bytes);
    }

    /// Puts a copy of `bytes` behind what is there, in memory that is no buffer.
    fn append(&mut self, bytes: &[u8]) {
        let done = bytes.is_empty() || self.0.as_mut().is_some_and(|burst| burst.extend(bytes));
        if !done {
            self.replace([self.as_slice(), bytes].concat());
        }
    }

    /// Forgets `len` bytes: they are decoded.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        let Some(burst) = &mut self.0 else { return };
        burst.advance(len);
        if burst.is_empty() {
            self.release();
        }
    }

    /// Forgets `len` bytes, behind which there are more: the buffer stays.
    #[inline]
    pub(crate) fn advance_within(&mut self, len: usize) {
        debug_assert!(len < self.len(), "more follows");
        if let Some(burst) = &mut self.0 {
            burst.advance(len);
        }
    }

    /// Keeps no more memory than what is left needs: nobody knows for how long it will wait.
    pub(crate) fn settle(&mut self) {
        if self.0.as_ref().is_some_and(|burst| burst.capacity() > 2 * self.len()) {
            self.replace(self.as_slice().to_vec());
        }
    }

    fn replace(&mut self, bytes: Vec<u8>) {
        self.release();
        self.0 = Some(Box::new(bytes.into()));
    }

    /// Forgets everything, and gives the buffer back to the thread.
    #[inline]
    pub(crate) fn release(&mut self) {
        if let Some(burst) = self.0.take() {
            scratch::give(burst);
        }
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::Backlog;
    use crate::scratch;

    fn read(backlog: &mut Backlog, bytes: &[u8]) {
        let mut burst = scratch::take();
        burst.room()[..bytes.len()].copy_from_slice(bytes);
        burst.fill(bytes.len());
        backlog.push(burst);
    }

    #[test]
    fn what_is_read_stands_behind_what_is_left() {
        let mut backlog = Backlog::default();
        let mut expected = Vec::new();
        // More than there is room for before what is read, too.
        for (read_len, copied_len, decoded) in
            [(3, 0, 1), (5, 2, 4), (300, 7, 0), (9, 0, 310), (4, 4, 0)]
        {
            for (len, is_read) in [(read_len, true), (copied_len, false)] {
                let bytes: Vec<u8> = (0..=u8::MAX).cycle().skip(expected.len()).take(len).collect();
                expected.extend_from_slice(&bytes);
                if is_read {
                    read(&mut backlog, &bytes);
                } else {
                    backlog.extend(&bytes);
                }
                assert_eq!(backlog.as_slice(), expected);
            }
            backlog.advance(decoded);
            expected.drain(..decoded);
            assert_eq!(backlog.as_slice(), expected);
            backlog.settle();
            assert_eq!(backlog.as_slice(), expected);
        }
    }

    #[test]
    fn what_is_decoded_gives_the_buffer_back() {
        let place = scratch::with(|room| room.as_ptr());
        let mut backlog = Backlog::default();
        read(&mut backlog, &[7; 100]);
        assert_ne!(scratch::with(|room| room.as_ptr()), place, "it is in use");
        let other = scratch::take();
        backlog.advance(100);
        assert_eq!(scratch::with(|room| room.as_ptr()), place);
        read(&mut backlog, &[7; 100]);
        drop(backlog);
        assert_eq!(scratch::with(|room| room.as_ptr()), place);
        drop(other);
    }
}
