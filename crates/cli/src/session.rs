//! A session: sends and prints messages until the connection ends.

use std::{
    cell::{Cell, OnceCell},
    future::{Future, pending},
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use smol::future::{or, zip};
use sockeye::{CloseCode, Error};

use crate::{
    diagnostics::{FAILED, fail, message, say},
    input::{InputError, Messages},
    output::Output,
    signals::Interrupt,
};

/// The settings and the input of a client, shared by all of its connections.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) output: Output,
    pub(crate) messages: Messages,
    /// The time between the end of the input and the close frame.
    pub(crate) wait: Duration,
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

impl Session {
    /// Sends and prints messages until the connection ends. Messages that were not sent are left for the next connection.
    pub(crate) async fn run<R: sockeye::connection::Sockets>(
        &self,
        ws: sockeye::connection::WebSocket<R::Stream, R>,
    ) -> End {
        let stats = Stats {
            since: Instant::now(),
            sent: Cell::new(0),
            received: Cell::new(0),
            leaving: Cell::new(false),
            input_error: OnceCell::new(),
            output_error: OnceCell::new(),
        };
        let (sender, mut receiver) = ws.split();
        let beside = async {
            let leave = self.leave(&sender, &stats);
            zip(zip(self.send(&sender, &stats), self.measure(&sender)), leave).await;
            pending().await
        };
        let end = or(self.receive(&sender, &mut receiver, &stats), beside).await;
        if self.timing {
            self.output.clear();
            summarise(&stats, sender.latency());
        }
        if let Some(InputError { operation, error }) = stats.input_error.get() {
            return End::Over(fail(FAILED, operation, error));
        }
        // A reader that stops early, such as `head`, is not a failure.
        if let Some(error) = stats.output_error.get() {
            return End::Over(match error.kind() {
                io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
                _ => fail(FAILED, "cannot write to standard output", error),
            });
        }
        if stats.leaving.get() { End::Over(self.report(&end)) } else { End::Lost(end) }
    }

    /// Prints how the last connection ended, and returns the exit status.
    pub(crate) fn report(&self, end: &Error) -> ExitCode {
        match end {
            Error::ConnectionClosed(closed) if closed.is_ok() => {
                self.output.status(&format!("{closed:#}"));
                ExitCode::SUCCESS
            }
            end => {
                self.output.clear();
                say(&message(end));
                FAILED.into()
            }
        }
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
                Ok(message) if stats.output_error.get().is_none() => {
                    stats.received.set(stats.received.get() + 1);
                    if let Err(error) = self.output.message(&message, stats.since) {
                        stats.output_error.get_or_init(|| error);
                        let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
                    }
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Sends messages as they are read, those that are available together in one write, and closes the connection after the
    /// last one.
    async fn send<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
        stats: &Stats,
    ) {
        while let Ok(message) = self.messages.recv().await {
            let sent = match message {
                Ok(message) => sender.feed(message).await,
                Err(error) => {
                    stats.input_error.get_or_init(|| error);
                    break;
                }
            };
            self.output.prompt();
            // `receive` reports the cause.
            if sent.is_err() || self.messages.is_empty() && sender.flush().await.is_err() {
                return;
            }
            stats.sent.set(stats.sent.get() + 1);
        }
        let _ = sender.flush().await;
        sleep::<R>(self.wait).await;
        stats.leaving.set(true);
        let _ = sender.close().await;
    }

    /// Closes the connection after a signal.
    async fn leave<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
        stats: &Stats,
    ) {
        self.interrupt.wait().await;
        stats.leaving.set(true);
        // `receive` reports the outcome.
        let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
    }

    /// Prints the round-trip time of a ping if `--timing` is set.
    async fn measure<R: sockeye::connection::Sockets>(
        &self,
        sender: &sockeye::connection::Sender<R::Stream, R>,
    ) {
        if !self.timing {
            return;
        }
        let Ok(pong) = sender.ping("").await else { return };
        if let Ok(latency) = pong.await {
            self.output.clear();
            say(&format!("sockeye: a ping took {}", milliseconds(latency)));
            self.output.prompt();
        }
    }
}

fn summarise(stats: &Stats, latency: Option<Duration>) {
    let seconds = stats.since.elapsed().as_secs_f64();
    let (sent, received) = (stats.sent.get(), stats.received.get());
    let latency = latency.map(|latency| format!(", latency {}", milliseconds(latency)));
    let latency = latency.unwrap_or_default();
    say(&format!("sockeye: {sent} sent, {received} received in {seconds:.3} s{latency}"));
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
