//! What happens on a connection: messages go out, messages come in, until it ends.

use std::{
    cell::{Cell, OnceCell},
    future::{Future, pending},
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use smol::future::{or, zip};
use sockeye::{CloseCode, Error, driver};

use crate::{
    input::{Messages, Unread},
    output::Output,
    report::{FAILED, fail, say},
    signals::Interrupt,
};

/// What is the same on all connections of a client.
#[derive(Debug)]
pub(crate) struct Dialogue {
    pub(crate) output: Output,
    pub(crate) messages: Messages,
    /// The time from the end of input to the close frame.
    pub(crate) wait: Duration,
    pub(crate) interrupt: Interrupt,
    /// Whether latency and a summary are told.
    pub(crate) timing: bool,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// There is nothing more to do.
    Over(ExitCode),
    /// The server ended it, or the network did.
    Lost(Error),
}

/// What is known of a connection.
struct Course {
    since: Instant,
    sent: Cell<u64>,
    received: Cell<u64>,
    /// Whether it was this side that began to close.
    leaving: Cell<bool>,
    unread: OnceCell<Unread>,
    unwritten: OnceCell<io::Error>,
}

impl Dialogue {
    /// Sends and prints until the connection ends. What was not read by then is for the next connection.
    pub(crate) async fn talk<R: driver::Runtime>(
        &self,
        ws: driver::WebSocket<R::Stream, R>,
    ) -> End {
        let course = Course {
            since: Instant::now(),
            sent: Cell::new(0),
            received: Cell::new(0),
            leaving: Cell::new(false),
            unread: OnceCell::new(),
            unwritten: OnceCell::new(),
        };
        let (sender, mut receiver) = ws.split();
        let beside = async {
            let leave = self.leave(&sender, &course);
            zip(zip(self.send(&sender, &course), self.measure(&sender)), leave).await;
            pending().await
        };
        let end = or(self.receive(&sender, &mut receiver, &course), beside).await;
        if self.timing {
            self.output.clear();
            summarise(&course, sender.latency());
        }
        if let Some(Unread { what, error }) = course.unread.get() {
            return End::Over(fail(FAILED, what, error));
        }
        // A reader that has seen enough, such as head, is no failure.
        if let Some(error) = course.unwritten.get() {
            return End::Over(match error.kind() {
                io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
                _ => fail(FAILED, "cannot write to standard output", error),
            });
        }
        if course.leaving.get() { End::Over(self.tell(&end)) } else { End::Lost(end) }
    }

    /// Tells how a connection ended, for good.
    pub(crate) fn tell(&self, end: &Error) -> ExitCode {
        match end {
            Error::ConnectionClosed(closed) if closed.is_ok() => {
                self.output.status(end.to_string().trim_end());
                ExitCode::SUCCESS
            }
            end => {
                self.output.clear();
                fail(FAILED, "", end)
            }
        }
    }

    /// Prints what comes; returns the end of the connection.
    async fn receive<R: driver::Runtime>(
        &self,
        sender: &driver::Sender<R::Stream, R>,
        receiver: &mut driver::Receiver<R::Stream, R>,
        course: &Course,
    ) -> Error {
        loop {
            match receiver.recv().await {
                Ok(message) if course.unwritten.get().is_none() => {
                    course.received.set(course.received.get() + 1);
                    if let Err(error) = self.output.message(&message, course.since) {
                        course.unwritten.get_or_init(|| error);
                        let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
                    }
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Sends the messages as they come, those that came together at once; closes the connection after the last.
    async fn send<R: driver::Runtime>(
        &self,
        sender: &driver::Sender<R::Stream, R>,
        course: &Course,
    ) {
        while let Ok(message) = self.messages.recv().await {
            let sent = match message {
                Ok(message) => sender.feed(message).await,
                Err(error) => {
                    course.unread.get_or_init(|| error);
                    break;
                }
            };
            self.output.prompt();
            // The receiver knows why.
            if sent.is_err() || self.messages.is_empty() && sender.flush().await.is_err() {
                return;
            }
            course.sent.set(course.sent.get() + 1);
        }
        let _ = sender.flush().await;
        sleep::<R>(self.wait).await;
        course.leaving.set(true);
        let _ = sender.close().await;
    }

    /// Closes the connection when a signal asks for it.
    async fn leave<R: driver::Runtime>(
        &self,
        sender: &driver::Sender<R::Stream, R>,
        course: &Course,
    ) {
        self.interrupt.wait().await;
        course.leaving.set(true);
        // The receiver sees how it ends.
        let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
    }

    /// Tells how long a ping takes, if that is wanted.
    async fn measure<R: driver::Runtime>(&self, sender: &driver::Sender<R::Stream, R>) {
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

fn summarise(course: &Course, latency: Option<Duration>) {
    let seconds = course.since.elapsed().as_secs_f64();
    let (sent, received) = (course.sent.get(), course.received.get());
    let latency = latency.map(|latency| format!(", latency {}", milliseconds(latency)));
    let latency = latency.unwrap_or_default();
    say(&format!("sockeye: {sent} sent, {received} received in {seconds:.3} s{latency}"));
}

/// A time for people.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

fn sleep<R: driver::Runtime>(time: Duration) -> impl Future<Output = ()> + Send {
    let deadline = R::now().checked_add(time);
    async move {
        match deadline {
            Some(deadline) => R::sleep_until(deadline).await,
            None => pending().await,
        }
    }
}
