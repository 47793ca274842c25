//! Sending a message on many connections.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use sockeye_connection::{CommandQueue, SlowConsumer};
use sockeye_net::Runtime;
use sockeye_protocol::Prepared;

/// A function that creates a timer.
pub(crate) type Sleep = fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Creates a timer of the runtime `R`. Never completes if the time is beyond the range of the clock.
pub(crate) fn sleep<R: Runtime>(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    match R::now().checked_add(duration) {
        Some(deadline) => Box::pin(R::sleep_until(deadline)),
        None => Box::pin(std::future::pending()),
    }
}

/// Queues a message on all connections, and waits for those that have no room. Returns the number of connections that
/// accepted the message.
pub(crate) async fn broadcast(
    message: &Prepared,
    connections: Vec<Arc<CommandQueue>>,
    limits: &SlowConsumer,
    sleep: Sleep,
) -> usize {
    let all = connections.len();
    let mut full = Vec::new();
    let mut dropped = 0;
    for commands in connections {
        match commands.try_send(message, limits) {
            Some(true) => {}
            Some(false) => dropped += 1,
            None => full.push(commands),
        }
    }
    if !full.is_empty() {
        dropped += send_on_full(message, &full, limits, sleep).await;
    }
    all - dropped
}

/// Queues a message on connections as soon as they have room. Returns the number of connections that dropped the message.
///
/// It waits for one connection after another, because the message is complete only with the last one. Slow consumers are
/// found at the same time.
async fn send_on_full(
    message: &Prepared,
    connections: &[Arc<CommandQueue>],
    limits: &SlowConsumer,
    sleep: Sleep,
) -> usize {
    let mut dropped = 0;
    let mut left = connections;
    let period = limits.timeout.map(|timeout| (timeout / 4).max(MIN_PERIOD));
    let mut timer = period.map(sleep);
    nudge(left);
    poll_fn(|cx| {
        while let Some((commands, others)) = left.split_first() {
            if let Poll::Ready(is_accepted) = commands.poll_send(cx, message, limits) {
                dropped += usize::from(!is_accepted);
                left = others;
                continue;
            }
            match timer.as_mut().map(|timer| timer.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {
                    nudge(left);
                    timer = period.map(sleep);
                }
                Some(Poll::Pending) | None => return Poll::Pending,
            }
        }
        Poll::Ready(())
    })
    .await;
    dropped
}

/// Wakes connections without room, so that they try to write.
fn nudge(connections: &[Arc<CommandQueue>]) {
    for commands in connections {
        commands.nudge();
    }
}

/// The shortest time between two attempts to find slow consumers.
const MIN_PERIOD: Duration = Duration::from_millis(1);
