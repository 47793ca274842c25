//! The sliding window: the last bytes of a direction, which later data may repeat
//! ([RFC 7692 §7.2.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1)).

/// The last bytes of a direction, at most `size` of them.
#[derive(Debug)]
pub(crate) struct Window {
    size: usize,
    /// Grows up to `size`, and is a ring buffer from then on.
    bytes: Vec<u8>,
    /// The index of the oldest byte in a full ring.
    oldest: usize,
}

impl Window {
    /// Creates an empty window without allocating.
    pub(crate) fn new(size: usize) -> Self {
        Self { size, bytes: Vec::new(), oldest: 0 }
    }

    /// Appends bytes and drops the oldest ones.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if bytes.len() >= self.size {
            self.clear();
        }
        let (_, bytes) = bytes.split_at(bytes.len().saturating_sub(self.size));
        let (fill, wrap) = bytes.split_at(bytes.len().min(self.size - self.bytes.len()));
        self.reserve(fill.len());
        self.bytes.extend_from_slice(fill);

        let (end, start) = wrap.split_at(wrap.len().min(self.size - self.oldest));
        self.bytes[self.oldest..][..end.len()].copy_from_slice(end);
        self.bytes[..start.len()].copy_from_slice(start);
        if !wrap.is_empty() {
            self.oldest = (self.oldest + wrap.len()) % self.size;
        }
    }

    /// Returns the bytes, oldest first, in two parts.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        let (newer, older) = self.bytes.split_at(self.oldest);
        [older, newer]
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Removes all bytes.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.oldest = 0;
    }

    /// Removes all bytes and releases their memory.
    pub(crate) fn release(&mut self) {
        *self = Self::new(self.size);
    }

    /// Grows in doubling steps, of which the last ends at exactly `size`.
    fn reserve(&mut self, additional: usize) {
        let needed = self.bytes.len() + additional;
        if needed > self.bytes.capacity() {
            let capacity = (2 * self.bytes.capacity()).clamp(needed, self.size);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Window;

    proptest! {
        #[test]
        fn a_window_holds_the_last_bytes(
            size in 1_usize..40,
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..12),
        ) {
            let mut window = Window::new(size);
            let mut all = Vec::new();
            for piece in pieces {
                window.extend(&piece);
                all.extend_from_slice(&piece);
                let tail = &all[all.len().saturating_sub(size)..];
                prop_assert_eq!(window.parts().concat(), tail);
                prop_assert_eq!(window.len(), tail.len());
                prop_assert!(window.bytes.capacity() <= size);
            }
        }
    }
}
