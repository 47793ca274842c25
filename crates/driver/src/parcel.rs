//! A box whose content is dropped in one place.

use std::{
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
};

/// A value in a box, or none.
///
/// How to drop something is compiled in each module of a program that may drop it. A connection consists of much, and each
/// future that has one may drop it: that was a fifth of what compiling the program of a small server took, its libraries not counted.
/// So it is compiled here alone.
pub(crate) struct Parcel<T>(ManuallyDrop<Option<Box<T>>>);

impl<T> From<Box<T>> for Parcel<T> {
    fn from(content: Box<T>) -> Self {
        Self(ManuallyDrop::new(Some(content)))
    }
}

impl<T> Default for Parcel<T> {
    fn default() -> Self {
        Self(ManuallyDrop::new(None))
    }
}

impl<T> Deref for Parcel<T> {
    type Target = Option<Box<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for Parcel<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Drop for Parcel<T> {
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
    fn the_content_is_dropped_once_and_only_while_it_is_there() {
        let content = Rc::new(());
        let mut parcel = Parcel::from(Box::new(Rc::clone(&content)));
        assert_eq!(Rc::strong_count(&content), 2);
        let mut other = mem::take(&mut parcel);
        assert!(parcel.is_none() && other.is_some());
        drop(parcel);
        assert_eq!(Rc::strong_count(&content), 2);
        let taken = other.take();
        drop(other);
        assert_eq!(Rc::strong_count(&content), 2);
        drop(Parcel::from(taken.expect("it was there")));
        assert_eq!(Rc::strong_count(&content), 1);
    }
}
