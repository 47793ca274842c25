//! A session: sends and prints messages until the connection ends.

use std::{
    cell::{Cell, OnceCell},
    future::{Future, pending},
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use async_channel::{Receiver, Sender};
use smol::future::{or, zip};
use sockeye::{Close, CloseCode, ConnectionClosed, Error, connection::PongFuture};

use crate::{
    diagnostics::{FAILED, fail, message},
    input::{Action, Actions, InputError},
    output::Output,
    signals::Interrupt,
};

/// The settings of a client, shared by all of its connections.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) output: Output,
    /// The time between the end of the input and the close frame; `None` is no limit.
    pub(crate) wait: Option<Duration>,
    /// The number of messages after which the connection is closed.
    pub(crate) count: Option<u64>,
    /// The number of messages that all connections have received.
    pub(crate) received: Cell<u64>,
    /// The close frame at the end of the input.
    pub(crate) close: Close,
    pub(crate) interrupt: Interrupt,
    /// Whether to print the latency and a summary.
    pub(crate) timing: bool,
}

/// The way in which a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The command is done.
    Over(ExitCode),
    /// The server closed the connection, or the network failed.
    Lost(Error),
}

/// The state of a connection, for its summary and its exit status.
struct Stats {
    since: Instant,
    sent: Cell<u64>,
    received: Cell<u64>,
    /// Whether this side began to close.
    leaving: Cell<bool>,
    input_error: OnceCell<InputError>,
    output_error: OnceCell<io::Error>,
}

impl Stats {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            sent: Cell::new(0),
            received: Cell::new(0),
            leaving: Cell::new(false),
            input_error: OnceCell::new(),
            output_error: OnceCell::new(),
        }
    }
}

impl Session {
    /// Sends and prints messages until the connection ends. Messages that were not sent are left for the next connection.
    pub(crate) async fn run<R: sockeye::connection::Sockets>(
        &self,
        ws: sockeye::connection::WebSocket<R::Stream, R>,
        actions: &Actions,
    ) -> End {
        let stats = Stats::new();
        let (sender, mut receiver) = ws.split();
        let (pings, pongs) = async_channel::unbounded();
        let beside = async {
            let leave = self.leave(&sender, &stats);
            zip(zip(self.act(&sender, &stats, actions, pings), self.print_pongs(pongs)), leave)
                .await;
            pending().await
        };
        let end = or(self.receive(&sender, &mut receiver, &stats), beside).await;
        if self.timing {
            self.summarise(&stats, sender.latency());
        }
        if let Some(InputError { operation, error }) = stats.input_error.into_inner() {
            return End::Over(self.fail(&operation, &error));
        }
        // A reader that stops early, such as `head`, is not a failure.
        if let Some(error) = stats.output_error.get() {
            return End::Over(match error.kind() {
                io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
                _ => self.fail("cannot write to standard output", error),
            });
        }
        if stats.leaving.get() { End::Over(self.report(&end)) } else { End::Lost(end) }
    }

    /// Prints how the last connection ended, and returns the exit status.
    pub(crate) fn report(&self, end: &Error) -> ExitCode {
        match end {
            Error::ConnectionClosed(closed) if closed.is_ok() || is_answered(closed) => {
                self.output.status(&format!("{closed:#}"));
                self.report_count()
            }
            end => {
                self.output.say(&message(end));
                FAILED.into()
            }
        }
    }

    /// Returns the exit status after a clean end, which depends on the number of messages that `--count` demands.
    fn report_count(&self) -> ExitCode {
        match (self.received.get(), self.count) {
            (received, Some(count)) if received < count => {
                let text =
                    format!("sockeye: the connection ended after {received} of {count} messages");
                self.output.say(&text);
                FAILED.into()
            }
            _ => ExitCode::SUCCESS,
        }
    }

    fn fail(&self, operation: &str, error: &io::Error) -> ExitCode {
        self.output.close_screen();
        fail(FAILED, operation, error)
    }

    /// Prints the received messages, and returns the error that ends the connection.
    async fn receive<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
        receiver: &mut sockeye::connection::Receiver<R::Stream, R>,
        stats: &Stats,
    ) -> Error {
        loop {
            match receiver.recv().await {
                Ok(message) if stats.output_error.get().is_none() && !self.is_complete() => {
                    stats.received.set(stats.received.get() + 1);
                    self.received.set(self.received.get() + 1);
                    if let Err(error) = self.output.message(&message, stats.since) {
                        stats.output_error.get_or_init(|| error);
                        let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
                    }
                    if self.is_complete() {
                        close(sender, &self.close, stats).await;
                    }
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Returns whether all messages that `--count` demands have been received.
    fn is_complete(&self) -> bool {
        self.count.is_some_and(|count| self.received.get() >= count)
    }

    /// Does everything that the input asks for, and closes the connection at its end. Messages that are available together are
    /// sent in one write.
    async fn act<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
        stats: &Stats,
        actions: &Actions,
        pings: Sender<PongFuture>,
    ) {
        if self.timing && !ping(sender, "", &pings).await {
            return;
        }
        while let Ok(action) = actions.recv().await {
            let is_sent = match action {
                Ok(Action::Send(message)) => sender.feed(message).await.is_ok(),
                Ok(Action::Ping(text)) => {
                    if !ping(sender, &text, &pings).await {
                        return;
                    }
                    continue;
                }
                Ok(Action::Close(frame)) => return close(sender, &frame, stats).await,
                Err(error) => {
                    stats.input_error.get_or_init(|| error);
                    break;
                }
            };
            // `receive` reports the cause.
            if !is_sent || actions.is_empty() && sender.flush().await.is_err() {
                return;
            }
            stats.sent.set(stats.sent.get() + 1);
        }
        let _ = sender.flush().await;
        // An input that cannot be read ends the command at once.
        match self.wait {
            Some(wait) => sleep::<R>(wait).await,
            None if stats.input_error.get().is_none() => pending().await,
            None => {}
        }
        close(sender, &self.close, stats).await;
    }

    /// Closes the connection after a signal.
    async fn leave<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
        stats: &Stats,
    ) {
        self.interrupt.wait().await;
        close(sender, &Close::new(CloseCode::GOING_AWAY, ""), stats).await;
    }

    /// Prints the round-trip times of pings.
    async fn print_pongs(&self, pongs: Receiver<PongFuture>) {
        while let Ok(pong) = pongs.recv().await {
            if let Ok(latency) = pong.await {
                self.output.say(&format!("sockeye: a ping took {}", milliseconds(latency)));
            }
        }
    }

    fn summarise(&self, stats: &Stats, latency: Option<Duration>) {
        let seconds = stats.since.elapsed().as_secs_f64();
        let (sent, received) = (stats.sent.get(), stats.received.get());
        let latency = latency.map(|latency| format!(", latency {}", milliseconds(latency)));
        let latency = latency.unwrap_or_default();
        let text = format!("sockeye: {sent} sent, {received} received in {seconds:.3} s{latency}");
        self.output.say(&text);
    }
}

/// Returns whether the peer answered the close frame of this side. Its code may be any.
fn is_answered(closed: &ConnectionClosed) -> bool {
    closed.rcvd.is_some() && closed.rcvd_then_sent == Some(false)
}

/// Sends a ping, and returns whether the connection is open.
async fn ping<R: sockeye::connection::Sockets>(
    sender: &sockeye::connection::Sender<R::Stream, R>,
    text: &str,
    pings: &Sender<PongFuture>,
) -> bool {
    match sender.ping(text.as_bytes().to_vec()).await {
        Ok(pong) => pings.try_send(pong).is_ok(),
        Err(_) => false,
    }
}

/// Begins the closing handshake, whose outcome `receive` reports.
async fn close<R: sockeye::connection::Sockets>(
    sender: &sockeye::connection::Sender<R::Stream, R>,
    close: &Close,
    stats: &Stats,
) {
    stats.leaving.set(true);
    let _ = sender.close_with(close.code, &*close.reason).await;
}

/// Formats a duration in milliseconds.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

fn sleep<R: sockeye::connection::Sockets>(time: Duration) -> impl Future<Output = ()> + Send {
    let deadline = R::now().checked_add(time);
    async move {
        match deadline {
            Some(deadline) => R::sleep_until(deadline).await,
            None => pending().await,
        }
    }
}
