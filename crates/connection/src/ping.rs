//! Pings of the application and the futures that await their pongs.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sockeye_errors::{ConnectionClosed, Error};
use sockeye_protocol::{self as protocol, PingId};

/// The pings of the application whose pongs are awaited, oldest first. Boxed, because there are usually none.
#[derive(Debug, Default)]
pub(crate) struct PendingPings(
    #[expect(clippy::box_collection, reason = "a box is smaller than an empty vector")]
    Option<Box<Vec<Ping>>>,
);

#[derive(Debug)]
struct Ping {
    id: PingId,
    sender: oneshot::Sender<Answer>,
}

type Answer = Result<Duration, Box<ConnectionClosed>>;

impl PendingPings {
    /// Adds a ping. The future resolves with its pong.
    pub(crate) fn add(&mut self, id: PingId) -> PongFuture {
        let (sender, receiver) = oneshot::async_channel();
        let pings = self.0.get_or_insert_default();
        pings.retain(|ping| !ping.sender.is_closed());
        pings.push(Ping { id, sender });
        PongFuture(receiver)
    }

    /// Resolves the ping that `pong` answers, and all earlier ones.
    pub(crate) fn resolve(&mut self, pong: protocol::Pong) {
        let Some(pings) = &mut self.0 else { return };
        let answered = pings.iter().take_while(|ping| ping.id <= pong.id).count();
        for ping in pings.drain(..answered) {
            // The application may have dropped the future.
            let _ = ping.sender.send(Ok(pong.latency));
        }
        if pings.is_empty() {
            self.0 = None;
        }
    }

    /// Resolves all pings with the end of the connection.
    pub(crate) fn end(&mut self, outcome: &ConnectionClosed) {
        for ping in self.0.take().into_iter().flat_map(|pings| *pings) {
            let _ = ping.sender.send(Err(Box::new(outcome.clone())));
        }
    }
}

/// A future that resolves with the round-trip time of a ping when its pong arrives. Returned by
/// [`Sender::ping`](crate::Sender::ping).
///
/// The pong arrives while a task awaits a method of the [`Receiver`](crate::Receiver). Dropping the future does not cancel
/// the ping. The output is an error if the connection ends before the pong arrives.
///
/// # Examples
///
/// ```
/// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
/// use std::time::Duration;
///
/// let pong = sender.ping("").await?;
/// match tokio::time::timeout(Duration::from_secs(5), pong).await {
///     Ok(latency) => println!("{:?}", latency?),
///     Err(_) => println!("no pong within 5 seconds"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "the ping has been sent, and this future awaits its pong"]
pub struct PongFuture(oneshot::AsyncReceiver<Answer>);

impl PongFuture {
    pub(crate) fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Result<Duration, Error>> {
        let answer = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(match answer {
            Ok(Ok(latency)) => Ok(latency),
            Ok(Err(closed)) => Err((*closed).into()),
            // The connection was dropped without an end that it could report.
            Err(_) => Err(ConnectionClosed::default().into()),
        })
    }
}

impl Future for PongFuture {
    type Output = Result<Duration, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_result(cx)
    }
}

impl fmt::Debug for PongFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PongFuture").finish_non_exhaustive()
    }
}
