//! Whom to wake.

use std::task::Waker;

/// Keeps who is to be woken, in the place of who was before.
pub(crate) fn keep(place: &mut Option<Waker>, waker: &Waker) {
    match place {
        Some(old) => old.clone_from(waker),
        none => *none = Some(waker.clone()),
    }
}
