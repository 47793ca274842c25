//! The clock, the timers and the tasks of a runtime.

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

/// The clock, the timers and the tasks of an asynchronous runtime.
///
/// A connection over a stream of the application needs no more of a runtime than this trait and [`Io`](crate::Io).
/// `connect` and `serve`, which open sockets, also need [`Sockets`](crate::Sockets). An implementation is a type without
/// values, which selects the runtime as a type parameter.
///
/// # Examples
///
/// ```
/// use std::{future::Future, time::Instant};
/// use sockeye::connection::Runtime;
///
/// #[derive(Debug)]
/// enum MyRuntime {}
///
/// impl Runtime for MyRuntime {
///     type Sleep = tokio::time::Sleep;
///
///     fn sleep_until(deadline: Instant) -> Self::Sleep {
///         tokio::time::sleep_until(deadline.into())
///     }
///
///     fn deadline(sleep: &Self::Sleep) -> Instant {
///         sleep.deadline().into_std()
///     }
///
///     fn spawn(task: impl Future<Output = ()> + Send + 'static) {
///         tokio::spawn(task);
///     }
/// }
/// ```
///
/// With an implementation of [`Io`](crate::Io) for a stream `S`, `sockeye::client::client::<S, MyRuntime, _>` and
/// `sockeye::server::accept::<S, MyRuntime>` open connections over that stream.
pub trait Runtime: Debug + Sized + Send + Sync + 'static {
    /// A timer: a future that completes at a point in time.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// Returns the current time on the clock of [`sleep_until`](Self::sleep_until).
    fn now() -> Instant {
        Instant::now()
    }

    /// Creates a timer that completes at `deadline`.
    fn sleep_until(deadline: Instant) -> Self::Sleep;

    /// Returns the deadline that a timer was created with.
    fn deadline(sleep: &Self::Sleep) -> Instant;

    /// Polls a timer.
    ///
    /// While it returns `Pending`, the timer wakes the task at its deadline. A runtime that limits the work per task
    /// poll exempts this call: a timer that is not polled for lack of budget would not register its waker.
    fn poll_sleep(sleep: Pin<&mut Self::Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        sleep.poll(cx)
    }

    /// Returns `false` if a timer that [`poll_sleep`](Self::poll_sleep) polled before is still going to wake that task.
    ///
    /// A timer that cannot tell without being polled returns `true`.
    fn is_elapsed(_: &Self::Sleep) -> bool {
        true
    }

    /// Wakes the task after the runtime has polled its sockets once more.
    fn yield_to_reactor(cx: &mut Context<'_>) {
        cx.waker().wake_by_ref();
    }

    /// Spawns a task. A server spawns one for each connection and one for accepting.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);
}
