//! A box with an outlined drop.

use std::{
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
};

/// An optional box whose drop is not inlined.
///
/// Each future that contains a connection has drop glue for all its parts, in each crate that may drop it. That took a
/// fifth of the time for compiling a small server, without its libraries. With this type, the glue is compiled once.
pub(crate) struct OutlinedBox<T>(ManuallyDrop<Option<Box<T>>>);

impl<T> From<Box<T>> for OutlinedBox<T> {
    fn from(content: Box<T>) -> Self {
        Self(ManuallyDrop::new(Some(content)))
    }
}

impl<T> Default for OutlinedBox<T> {
    fn default() -> Self {
        Self(ManuallyDrop::new(None))
    }
}

impl<T> Deref for OutlinedBox<T> {
    type Target = Option<Box<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for OutlinedBox<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Drop for OutlinedBox<T> {
    #[inline(never)]
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::{mem, rc::Rc};

    use super::*;

    #[test]
    fn drops_the_content_once() {
        let content = Rc::new(());
        let mut boxed = OutlinedBox::from(Box::new(Rc::clone(&content)));
        assert_eq!(Rc::strong_count(&content), 2);
        let mut other = mem::take(&mut boxed);
        assert!(boxed.is_none() && other.is_some());
        drop(boxed);
        assert_eq!(Rc::strong_count(&content), 2);
        let taken = other.take();
        drop(other);
        assert_eq!(Rc::strong_count(&content), 2);
        drop(OutlinedBox::from(taken.expect("it was there")));
        assert_eq!(Rc::strong_count(&content), 1);
    }
}
