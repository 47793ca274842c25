//! Values that exist only while they are needed.

/// A boxed value that is created when it is first needed.
///
/// An idle connection needs few of its parts. The absent ones take a word each.
#[derive(Debug)]
pub(crate) struct Lazy<T>(Option<Box<T>>);

impl<T> Lazy<T> {
    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// Returns the value, created by default if it does not exist.
    #[inline]
    pub(crate) fn get_or_insert(&mut self) -> &mut T
    where
        T: Default,
    {
        self.0.get_or_insert_default()
    }

    /// Returns the value, put into a box that `create` returns if it does not exist.
    #[inline]
    pub(crate) fn get_or_insert_with(&mut self, create: impl FnOnce() -> Box<T>) -> &mut T {
        self.0.get_or_insert_with(create)
    }

    /// Replaces the value.
    #[inline]
    pub(crate) fn set(&mut self, value: Box<T>) {
        self.0 = Some(value);
    }

    /// Takes the value out, in its box.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Box<T>> {
        self.0.take()
    }
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(None)
    }
}
