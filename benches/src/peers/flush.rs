//! Flushing before a wait, for libraries whose `receive` is a future and whose output goes through a buffered stream.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// The number of bytes that a buffered stream holds before it writes them: the same for every library.
pub const BUFFER: usize = 64 * 1024;

/// Awaits `receive`, and runs `flush` before that if no message is ready.
///
/// `receive` is not dropped in between, since it need not be cancel safe.
pub async fn flush_before_waiting<T, E>(
    receive: impl Future<Output = T>,
    flush: impl Future<Output = Result<(), E>>,
) -> Result<T, E> {
    let mut receive = pin!(receive);
    match poll_fn(|context| Poll::Ready(receive.as_mut().poll(context))).await {
        Poll::Ready(received) => Ok(received),
        Poll::Pending => {
            flush.await?;
            Ok(receive.await)
        }
    }
}
