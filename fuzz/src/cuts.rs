//! How a stream of bytes is cut on its way.

use arbitrary::Arbitrary;

/// The sizes of the chunks in which bytes arrive, in turn; zero is all that is left.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Cuts([u8; 4]);

impl Cuts {
    /// Nothing is cut.
    pub const NONE: Self = Self([0; 4]);

    /// The chunks of `bytes`, none of which is empty.
    pub fn of(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut sizes = self.0.into_iter().cycle();
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let size = match sizes.next() {
                None | Some(0) => rest.len(),
                // Small ones to the byte, and some that hold a frame or two.
                Some(size @ ..192) => usize::from(size).min(rest.len()),
                Some(size) => (usize::from(size - 191) * 256).min(rest.len()),
            };
            let (chunk, after) = rest.split_at(size);
            rest = after;
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}
