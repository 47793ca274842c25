//! Connecting to a host over TCP.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Poll, ready},
};

use sockeye_errors::{Error, Operation};
use sockeye_net::{Deadline, Sockets, Stream, TcpOptions, no_address, with_address};

use crate::happy_eyeballs::HappyEyeballs;

/// Connects to a host over TCP.
pub(crate) async fn connect_tcp<R: Sockets>(
    host: &str,
    port: u16,
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let resolve = async { Ok(R::resolve(host, port).await.map_err(with_address(host))?) };
    let mut addresses: Vec<_> = deadline.timeout::<R, _>(Operation::Resolve, resolve).await?;
    addresses.retain(|address| options.reaches(address));
    let connect = async { Ok(connect_any::<R>(addresses, options).await?) };
    Ok(Stream::tcp(deadline.timeout::<R, _>(Operation::Connect, connect).await?))
}

/// Connects to the addresses in the order of Happy Eyeballs, and returns the first connection. The other attempts are
/// dropped.
async fn connect_any<R: Sockets>(
    addresses: Vec<SocketAddr>,
    options: &TcpOptions,
) -> io::Result<R::Tcp> {
    let mut schedule = HappyEyeballs::new(addresses, R::now());
    let mut attempts: Vec<Attempt<'_, R::Tcp>> = Vec::new();
    let mut timer = None;
    let mut error = Some(no_address());
    poll_fn(|cx| {
        loop {
            if let Some(address) = schedule.poll_start(R::now()) {
                let attempt = R::connect_tcp(address, options);
                attempts
                    .push(Box::pin(async move { attempt.await.map_err(with_address(address)) }));
                timer = None;
            }
            let mut index = 0;
            while let Some(attempt) = attempts.get_mut(index) {
                match attempt.as_mut().poll(cx) {
                    Poll::Pending => index += 1,
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                    Poll::Ready(Err(e)) => {
                        drop(attempts.swap_remove(index));
                        error = Some(e);
                        schedule.handle_failure(R::now());
                        timer = None;
                    }
                }
            }
            let Some(next) = schedule.poll_timeout() else {
                return match error.take_if(|_| attempts.is_empty()) {
                    Some(error) => Poll::Ready(Err(error)),
                    None => Poll::Pending,
                };
            };
            ready!(timer.get_or_insert_with(|| Box::pin(R::sleep_until(next))).as_mut().poll(cx));
            timer = None;
        }
    })
    .await
}

type Attempt<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;
