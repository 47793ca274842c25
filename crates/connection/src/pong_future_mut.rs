//! The future that receives until a pong arrives.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};

use crate::{inner::Inner, ping::PongFuture};

/// A future that receives until the pong of a ping arrives, and resolves with the round-trip time. Returned by
/// [`WebSocket::ping`](crate::WebSocket::ping).
///
/// Dropping the future does not cancel the ping. The output is an error if the connection ends before the pong arrives, and
/// if more than 1 MiB or 4096 messages arrive before it.
///
/// # Examples
///
/// ```
/// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
/// let latency = ws.ping("").await?.await?;
/// println!("{latency:?}");
/// # Ok(())
/// # }
/// ```
#[must_use = "the ping has been sent, and this future awaits its pong"]
pub struct PongFutureMut<'a, S, R: Runtime> {
    inner: &'a mut Inner<S, R>,
    pong: PongFuture,
}

impl<'a, S, R: Runtime> PongFutureMut<'a, S, R> {
    pub(crate) const fn new(inner: &'a mut Inner<S, R>, pong: PongFuture) -> Self {
        Self { inner, pong }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Future for PongFutureMut<'_, S, R> {
    type Output = Result<Duration, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inner, pong } = &mut *self;
        inner.inbound.poll_pong(&mut inner.io, pong, cx)
    }
}

impl<S, R: Runtime> fmt::Debug for PongFutureMut<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PongFutureMut").finish_non_exhaustive()
    }
}
