//! Tasks that run by themselves, and waiting for them.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use sockeye::connection::Runtime as _;

use super::{Sim, lock};

/// Runs a task by itself; what it returns waits for its result.
pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Join<T> {
    let slot = Arc::new(Mutex::new(Slot { result: None, waker: None }));
    let join = Join(Arc::clone(&slot));
    Sim::spawn(async move {
        let result = task.await;
        let waker = {
            let mut slot = lock(&slot);
            slot.result = Some(result);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    join
}

/// Waits for the result of a task; made by [`spawn`].
#[derive(Debug)]
pub struct Join<T>(Arc<Mutex<Slot<T>>>);

#[derive(Debug)]
struct Slot<T> {
    result: Option<T>,
    waker: Option<Waker>,
}

impl<T> Join<T> {
    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        lock(&self.0).result.is_some()
    }
}

impl<T> Future for Join<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut slot = lock(&self.0);
        slot.waker = Some(cx.waker().clone());
        slot.result.take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Waits for both.
pub async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut left, mut right) = (None, None);
    poll_fn(|cx| {
        if left.is_none()
            && let Poll::Ready(result) = a.as_mut().poll(cx)
        {
            left = Some(result);
        }
        if right.is_none()
            && let Poll::Ready(result) = b.as_mut().poll(cx)
        {
            right = Some(result);
        }
        if left.is_some() && right.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (left.expect("it is ready"), right.expect("it is ready"))
}

/// Lets the others run.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
