//! The transport, the sending direction and the deadlines of a connection: what its two halves share.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sockeye_errors::{Error, State};
use sockeye_protocol::{Event, Outgoing, Receiver, Sender, Step, scratch};

use crate::{
    Io, Runtime,
    access::Access,
    mailbox::{Command, Mailbox},
    ping::{Awaited, PongSlot},
    timer::{Age, Timer},
    trace,
};

/// The transport and the sending direction.
///
/// All progress is kept here, none in a future: dropping a future loses nothing.
pub(crate) struct Link<S, R: Runtime> {
    pub(crate) stream: S,
    pub(crate) sender: Sender,
    timer: Option<Timer<R>>,
    age: Age,
    /// When the compression may rest, if it has not been used until then.
    rest: Option<Box<Instant>>,
    /// Whether the stream was written to and not flushed.
    unflushed: bool,
    /// Whether a server waits for the end of a peer that said goodbye: with TLS that is one more record, and a connection that
    /// is let go before it comes is reset, with all that is still on its way.
    pub(crate) lingering: bool,
    /// Whether the end was told.
    ended: bool,
    /// The pings whose futures wait.
    pings: Awaited,
    /// The server's orders, on a connection of a server.
    mailbox: Option<Arc<Mailbox>>,
}

impl<S: Unpin, R: Runtime + Io<S>> Link<S, R> {
    pub(crate) fn new(stream: S, sender: Sender, mailbox: Option<Arc<Mailbox>>) -> Self {
        Self {
            stream,
            sender,
            timer: None,
            age: Age::New,
            rest: None,
            unflushed: false,
            lingering: false,
            ended: false,
            pings: Awaited::default(),
            mailbox,
        }
    }

    fn handle_pong(&mut self, payload: &[u8]) {
        if let Some(pong) = self.sender.handle_pong(R::now(), payload) {
            self.pings.resolve(pong);
        }
    }

    /// Queues a ping; the slot is where its pong will be told.
    pub(crate) fn ping(&mut self, payload: Bytes) -> Result<Arc<PongSlot>, Error> {
        let id = self.sender.ping(R::now(), payload)?;
        Ok(self.pings.add(id))
    }

    /// Waits until what is queued has been written.
    ///
    /// # Errors
    ///
    /// The connection ended, and something that was queued was not written.
    pub(crate) fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            // Who only sends gets letters too.
            self.poll_mailbox();
            if self.poll_flush(cx).is_ready() {
                return Poll::Ready(self.check_written());
            }
            self.await_mail(cx);
            ready!(self.poll_timer(cx, false));
        }
    }

    /// Takes the message, as soon as there is room for it, and queues it.
    ///
    /// The message stays where it is as long as possible: moving it costs as much as to send it.
    #[inline]
    pub(crate) fn poll_feed(
        &mut self,
        message: &mut Option<Outgoing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if !self.sender.is_congested()
            && message.as_ref().is_some_and(|message| self.sender.send_small(message))
        {
            *message = None;
            return Poll::Ready(Ok(()));
        }
        self.poll_feed_any(message, cx)
    }

    #[inline(never)]
    fn poll_feed_any(
        &mut self,
        message: &mut Option<Outgoing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_ready(cx));
        match message.take() {
            Some(message) => Poll::Ready(self.sender.send(message)),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Waits until there is room for another message.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.sender.is_congested() {
            if self.poll_flush(cx).is_pending() && self.sender.is_congested() {
                self.await_mail(cx);
                ready!(self.poll_timer(cx, false));
            }
        }
        Poll::Ready(())
    }

    /// The end of the connection as an error; those who wait for pongs learn of it.
    fn end(&mut self) -> Error {
        let outcome = self.sender.outcome();
        if !std::mem::replace(&mut self.ended, true) {
            trace::ended(outcome);
        }
        self.pings.end(outcome);
        self.timer = None;
        outcome.clone().into()
    }

    fn check_written(&self) -> Result<(), Error> {
        match &self.sender.outcome().cause {
            Some(_) => Err(self.sender.outcome().clone().into()),
            None => Ok(()),
        }
    }

    /// Writes what is queued.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.sender.is_flushed() {
            match self.poll_write(cx) {
                Poll::Ready(Ok(0)) => {
                    self.sender.handle_write_error(R::now(), io::ErrorKind::WriteZero.into());
                }
                Poll::Ready(Ok(len)) => {
                    self.sender.handle_transmitted(len);
                    self.unflushed = true;
                }
                Poll::Ready(Err(error)) => self.sender.handle_write_error(R::now(), error),
                Poll::Pending => {
                    self.sender.handle_blocked(R::now());
                    return Poll::Pending;
                }
            }
        }
        if self.unflushed && self.sender.state() != State::Closed {
            match R::poll_flush(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Ok(())) => self.sender.handle_transmitted(0),
                Poll::Ready(Err(error)) => self.sender.handle_write_error(R::now(), error),
                Poll::Pending => {
                    self.sender.handle_blocked(R::now());
                    return Poll::Pending;
                }
            }
            self.unflushed = false;
        }
        Poll::Ready(())
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        if self.sender.is_one_piece() {
            R::poll_write(stream, cx, self.sender.poll_transmit().unwrap_or_default())
        } else {
            let mut slices = [IoSlice::new(&[]); 64];
            let count = self.sender.poll_transmit_vectored(&mut slices);
            R::poll_write_vectored(stream, cx, &slices[..count])
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, receiver: &mut Receiver) -> Poll<()> {
        let stream = &mut self.stream;
        let read = receiver
            .read_payload_with(|buffer| not_pending(R::poll_read(Pin::new(stream), cx, buffer)));
        let read = match read {
            Some(read) => read,
            None => {
                receiver.read_with(|buffer| not_pending(R::poll_read(Pin::new(stream), cx, buffer)))
            }
        };
        match read {
            Ok(0) => self.sender.handle_eof(),
            Ok(_) => self.sender.handle_received(),
            Err(Some(error)) => self.sender.handle_error(error),
            Err(None) => return Poll::Pending,
        }
        Poll::Ready(())
    }

    fn poll_shut_down(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if R::poll_close(Pin::new(&mut self.stream), cx).is_pending() {
            // Where the peer ended without a close frame, no other deadline runs.
            if self.sender.poll_timeout().is_none() {
                self.sender.handle_blocked(R::now());
            }
            return Poll::Pending;
        }
        // Whether it went well or not, nothing more can be written.
        self.sender.handle_shut_down(R::now());
        Poll::Ready(())
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        scratch::with(|buffer| {
            match R::poll_read(Pin::new(&mut self.stream), cx, buffer) {
                Poll::Ready(Ok(0)) => self.sender.handle_eof(),
                Poll::Ready(Ok(len)) => self.sender.handle_discarded(len),
                Poll::Ready(Err(error)) => self.sender.handle_error(error),
                // Nothing else tells it: TLS, for one, hands out what has come piece by piece.
                Poll::Pending => {
                    if !self.lingering {
                        self.sender.handle_exhausted();
                    }
                    if self.sender.state() != State::Closed {
                        return Poll::Pending;
                    }
                }
            }
            Poll::Ready(())
        })
    }

    /// Acts on the deadlines: ready when one of them has passed, and what it led to is to be looked at.
    ///
    /// Only who `reads` can say that the peer is silent.
    fn poll_timer(&mut self, cx: &mut Context<'_>, reads: bool) -> Poll<()> {
        // Who only writes does not see to the rest.
        let rest = self.rest.as_deref().copied().filter(|_| reads);
        let deadline = match (self.sender.poll_timeout(), rest) {
            (Some(deadline), Some(rest)) => deadline.min(rest),
            (Some(deadline), None) | (None, Some(deadline)) => deadline,
            (None, None) => return Poll::Pending,
        };
        ready!(Timer::poll(&mut self.timer, &mut self.age, deadline, cx));
        if !reads {
            self.sender.handle_received();
            // Who reads has deadlines to keep as well, and perhaps waited for this timer.
            cx.waker().wake_by_ref();
        }
        self.sender.handle_timeout(R::now());
        Poll::Ready(())
    }

    /// Asks to be woken for letters, and looks at those that have come.
    fn await_mail(&mut self, cx: &Context<'_>) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.register(cx.waker());
            self.poll_mailbox();
        }
    }

    /// Whether there are letters that the sending direction is free for.
    fn has_mail(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| mailbox.is_waiting())
            && !self.sender.is_streaming()
    }

    /// Carries out the orders of the server, as far as there is room for what it sends.
    fn poll_mailbox(&mut self) {
        let Some(mailbox) = &self.mailbox else { return };
        while mailbox.is_waiting() {
            let room = !self.sender.is_congested() && !self.sender.is_streaming();
            match mailbox.fetch(room) {
                // A connection that is closing has no need of the news.
                Some(Command::Send(prepared)) => drop(self.sender.send(&prepared)),
                Some(Command::Close(close)) => drop(self.sender.close_unasked(R::now(), &close)),
                None => break,
            }
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Access for Link<S, R> {
    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Ping(payload) => self.sender.handle_ping(payload),
            Event::Pong(payload) => self.handle_pong(&payload),
            Event::Close(close) => self.sender.handle_close(R::now(), close),
            Event::Failed(error) => self.sender.handle_failure(R::now(), error),
            _ => {}
        }
    }

    fn poll_receive(
        &mut self,
        receiver: &mut Receiver,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.await_mail(cx);
        loop {
            self.poll_mailbox();
            // A write that cannot finish must not stop the reading.
            if self.poll_flush(cx).is_ready() && self.has_mail() {
                continue;
            }
            match self.sender.step() {
                Step::Done => return Poll::Ready(Err(self.end())),
                Step::ShutDown if self.poll_shut_down(cx).is_ready() => continue,
                Step::Receive if self.poll_read(cx, receiver).is_ready() => {
                    return Poll::Ready(Ok(()));
                }
                Step::Drain if self.poll_drain(cx).is_ready() => continue,
                _ => {}
            }
            if self.rest.is_none() && !(self.sender.is_parked() && receiver.is_parked()) {
                self.rest = R::now().checked_add(REST).map(Box::new);
            }
            ready!(self.poll_timer(cx, true));
            if self.rest.as_deref().is_some_and(|&rest| rest <= R::now()) {
                self.rest = None;
                self.sender.rest();
                receiver.rest();
            }
        }
    }

    fn pause(&mut self, cx: &mut Context<'_>) {
        // What was sent since the last wait is written, and no peer talks a deadline away.
        let _ = self.poll_flushed(cx);
        let _ = self.poll_timer(cx, true);
    }
}

/// What was read; `None` in the place of an error where there is nothing yet.
fn not_pending(read: Poll<io::Result<usize>>) -> Result<usize, Option<io::Error>> {
    match read {
        Poll::Ready(read) => read.map_err(Some),
        Poll::Pending => Err(None),
    }
}

/// How long a connection keeps the state of its compression while it does not need it.
const REST: Duration = Duration::from_secs(1);
