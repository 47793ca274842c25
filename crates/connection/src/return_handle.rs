//! The end of a return slot that a connection owns.

use sockeye_net::Runtime;

use crate::{inner::Inner, outlined_box::OutlinedBox};

/// The end of a [`ReturnSlot`](crate::ReturnSlot) that the connection owns.
pub(crate) struct ReturnHandle<S, R: Runtime>(oneshot::Sender<OutlinedBox<Inner<S, R>>>);

/// The end of a [`ReturnSlot`](crate::ReturnSlot) that the server owns.
pub(crate) type Returned<S, R> = oneshot::AsyncReceiver<OutlinedBox<Inner<S, R>>>;

impl<S, R: Runtime> ReturnHandle<S, R> {
    pub(crate) fn new() -> (Self, Returned<S, R>) {
        let (sender, receiver) = oneshot::async_channel();
        (Self(sender), receiver)
    }

    /// Sends the connection to its slot. Without a slot, the connection is dropped.
    pub(crate) fn send(self, inner: OutlinedBox<Inner<S, R>>) {
        let _ = self.0.send(inner);
    }
}
