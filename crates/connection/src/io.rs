//! The transport, the sending direction and the timer of a connection.

use std::{
    io::{self, IoSlice},
    mem,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sockeye_errors::{Error, State};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{CloseStep, Event, Outgoing, Receiver, Sender, read_buffer};

use crate::{
    commands::AttachedQueue,
    handshake_info::HandshakeInfo,
    ping::{PendingPings, PongFuture},
    receive::{ReceiveIo, Until},
    timer::{Timer, TimerPhase},
    trace,
};

/// The transport, the sending direction and the timer of a connection: the part that both halves of a split connection
/// use.
///
/// All progress is stored here and none in a future, so that a future can be dropped at any time.
#[expect(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(crate) struct ConnectionIo<S, R: Runtime> {
    pub(crate) stream: S,
    pub(crate) sender: Sender,
    timer: Option<Timer<R>>,
    timer_phase: TimerPhase,
    /// The time at which compression releases its memory if it is not used until then.
    park_at: Option<Box<Instant>>,
    /// Whether the stream has been written to since it was flushed.
    is_unflushed: bool,
    /// Whether to wait for the end of the peer's stream; see `Upgrade::wait_for_peer_eof`.
    pub(crate) wait_for_peer_eof: bool,
    /// Whether messages may be compressed. The encoder drops its compressor when the connection closes.
    pub(crate) is_compressed: bool,
    /// Whether the end of the connection has been traced.
    end_traced: bool,
    /// The pings of the application whose pongs are awaited.
    pings: PendingPings,
    pub(crate) commands: AttachedQueue,
    /// Boxed, because it is rarely accessed, and two small allocations waste less memory than a large one.
    pub(crate) handshake: Box<HandshakeInfo>,
}

impl<S, R: Runtime> ConnectionIo<S, R> {
    pub(crate) fn new(stream: S, sender: Sender, handshake: Box<HandshakeInfo>) -> Self {
        Self {
            stream,
            sender,
            timer: None,
            timer_phase: TimerPhase::Untimed,
            park_at: None,
            is_unflushed: false,
            wait_for_peer_eof: false,
            is_compressed: false,
            end_traced: false,
            pings: PendingPings::default(),
            commands: AttachedQueue::default(),
            handshake,
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> ConnectionIo<S, R> {
    fn handle_pong(&mut self, payload: &[u8]) {
        if let Some(pong) = self.sender.handle_pong(R::now(), payload) {
            self.pings.resolve(pong);
        }
    }

    /// Queues a ping.
    pub(crate) fn ping(&mut self, payload: Bytes) -> Result<PongFuture, Error> {
        let id = self.sender.ping(R::now(), payload)?;
        Ok(self.pings.add(id))
    }

    /// Ends the connection without a closing handshake.
    pub(crate) fn abort(&mut self) {
        self.sender.abort();
        // The halves of a split connection may keep the stream for long. If the end cannot be written now, the peer sees it when
        // the stream is dropped.
        let _ = R::poll_close(Pin::new(&mut self.stream), &mut Context::from_waker(Waker::noop()));
    }

    /// Waits until all queued bytes have been written and flushed.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection ended before.
    pub(crate) fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            // A task that only sends must still process commands.
            self.poll_commands();
            if self.poll_flush(cx).is_ready() {
                return Poll::Ready(self.check_written());
            }
            self.register_commands(cx);
            ready!(self.poll_timer(cx, false));
        }
    }

    /// Takes the message out of the option and queues it, as soon as the queue has room.
    ///
    /// The message stays in place as long as possible, because moving a small message costs as much as sending it.
    #[inline]
    pub(crate) fn poll_feed(
        &mut self,
        message: &mut Option<Outgoing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        match self.sender.try_send(message) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => self.poll_feed_congested(message, cx),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    #[inline(never)]
    fn poll_feed_congested(
        &mut self,
        message: &mut Option<Outgoing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_ready(cx));
        Poll::Ready(self.sender.try_send(message).map(drop))
    }

    /// Waits until the queue has room for another message.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.sender.is_congested() {
            if self.poll_flush(cx).is_pending() && self.sender.is_congested() {
                self.register_commands(cx);
                ready!(self.poll_timer(cx, false));
            }
        }
        Poll::Ready(())
    }

    /// Releases the resources of a connection that has ended, and returns the end as an error.
    fn finish(&mut self) -> Error {
        self.timer = None;
        self.report_end()
    }

    /// Reports the end of the connection to the log and to the tasks that wait for pongs, and returns it as an error.
    fn report_end(&mut self) -> Error {
        let outcome = self.sender.outcome();
        if !mem::replace(&mut self.end_traced, true) {
            trace::ended(outcome);
        }
        self.pings.end(outcome);
        outcome.clone().into()
    }

    fn check_written(&self) -> Result<(), Error> {
        match &self.sender.outcome().cause {
            Some(_) => Err(self.sender.outcome().clone().into()),
            None => Ok(()),
        }
    }

    /// Writes all queued bytes and flushes the stream.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.sender.is_flushed() {
            match self.poll_write(cx) {
                Poll::Ready(Ok(0)) => {
                    self.sender.handle_write_error(R::now(), io::ErrorKind::WriteZero.into());
                }
                Poll::Ready(Ok(len)) => {
                    self.sender.handle_transmitted(R::now, len);
                    self.is_unflushed = true;
                }
                Poll::Ready(Err(error)) => self.sender.handle_write_error(R::now(), error),
                Poll::Pending => {
                    self.handle_write_pending();
                    return Poll::Pending;
                }
            }
        }
        if self.is_unflushed && self.sender.state() != State::Closed {
            match R::poll_flush(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Ok(())) => self.sender.handle_flushed(),
                Poll::Ready(Err(error)) => self.sender.handle_write_error(R::now(), error),
                Poll::Pending => {
                    self.handle_write_pending();
                    return Poll::Pending;
                }
            }
            self.is_unflushed = false;
        }
        Poll::Ready(())
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let bytes = self.sender.poll_transmit().unwrap_or_default();
        if bytes.len() == self.sender.buffered() {
            R::poll_write(stream, cx, bytes)
        } else {
            let mut slices = [IoSlice::new(&[]); 64];
            let count = self.sender.poll_transmit_vectored(&mut slices);
            R::poll_write_vectored(stream, cx, &slices[..count])
        }
    }

    /// Reads once; returns the number of bytes, zero for the end of the stream and after an error.
    fn poll_read(&mut self, cx: &mut Context<'_>, receiver: &mut Receiver) -> Poll<usize> {
        let stream = &mut self.stream;
        match receiver.read_with(|buffer| not_pending(R::poll_read(Pin::new(stream), cx, buffer))) {
            Ok(0) => self.sender.handle_eof(),
            Ok(len) => {
                self.sender.handle_received();
                return Poll::Ready(len);
            }
            Err(Some(error)) => self.sender.handle_error(error),
            Err(None) => return Poll::Pending,
        }
        Poll::Ready(0)
    }

    fn poll_shut_down(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if R::poll_close(Pin::new(&mut self.stream), cx).is_pending() {
            // No other deadline runs if the peer ended its stream without a close frame.
            if self.sender.poll_timeout().is_none() {
                self.sender.handle_write_pending(R::now());
            }
            return Poll::Pending;
        }
        // Even if it failed, nothing more can be written.
        self.sender.handle_shut_down(R::now());
        Poll::Ready(())
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        read_buffer::with(|buffer| {
            match R::poll_read(Pin::new(&mut self.stream), cx, buffer) {
                Poll::Ready(Ok(0)) => self.sender.handle_eof(),
                Poll::Ready(Ok(len)) => self.sender.handle_discarded(len),
                Poll::Ready(Err(error)) => self.sender.handle_error(error),
                // Only a read that would block shows that no data is left: TLS returns received data in pieces.
                Poll::Pending => {
                    if !self.wait_for_peer_eof {
                        self.sender.handle_read_pending();
                    }
                    if self.sender.state() != State::Closed {
                        return Poll::Pending;
                    }
                }
            }
            Poll::Ready(())
        })
    }

    /// Waits for the next deadline and handles it.
    ///
    /// A task that does not read (`reads` is false) cannot tell that the peer is silent, so the keepalive timeout does not
    /// apply.
    fn poll_timer(&mut self, cx: &mut Context<'_>, reads: bool) -> Poll<()> {
        // Compression releases its memory only while the connection waits for data.
        let park_at = self.park_at.as_deref().copied().filter(|_| reads);
        let deadline = match (self.sender.poll_timeout(), park_at) {
            (Some(deadline), Some(park_at)) => deadline.min(park_at),
            (Some(deadline), None) | (None, Some(deadline)) => deadline,
            (None, None) => return Poll::Pending,
        };
        ready!(Timer::poll(&mut self.timer, &mut self.timer_phase, deadline, cx));
        if !reads {
            // A task that reads may have waited for the same timer.
            cx.waker().wake_by_ref();
        }
        self.sender.handle_timeout(R::now(), reads);
        Poll::Ready(())
    }
}

impl<S: Unpin, R: Runtime + Io<S>> ReceiveIo for ConnectionIo<S, R> {
    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Ping(payload) => {
                trace::ping_received(payload.len());
                self.sender.handle_ping(&payload);
            }
            Event::Pong(payload) => {
                trace::pong_received(payload.len());
                self.handle_pong(&payload);
            }
            Event::Close(close) => {
                self.sender.handle_close(R::now(), close);
                self.reject_commands();
            }
            Event::Failed(error) => {
                self.sender.handle_failure(R::now(), error);
                self.reject_commands();
            }
            _ => {}
        }
    }

    fn handle_incomplete_message(&mut self) {
        self.sender.handle_incomplete_message();
    }

    fn poll_receive(
        &mut self,
        receiver: &mut Receiver,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>> {
        self.register_commands(cx);
        loop {
            self.poll_commands();
            // A blocked write must not stop reading.
            if self.poll_flush(cx).is_ready() && self.has_commands() {
                continue;
            }
            match self.sender.step() {
                CloseStep::Done => return Poll::Ready(Err(self.finish())),
                CloseStep::ShutDown if self.poll_shut_down(cx).is_ready() => continue,
                CloseStep::Receive => {
                    if let Poll::Ready(len) = self.poll_read(cx, receiver) {
                        return Poll::Ready(Ok(len));
                    }
                }
                CloseStep::Drain if self.poll_drain(cx).is_ready() => continue,
                _ => {}
            }
            // The reply to the close frame comes first: the application may drop the connection.
            let is_flushed = self.sender.is_flushed() && !self.is_unflushed;
            if until == Until::PeerEnd && is_flushed && self.sender.is_ended_by_peer() {
                return Poll::Ready(Err(self.report_end()));
            }
            if self.park_at.is_none() && !(self.sender.is_released() && receiver.is_released()) {
                self.park_at = R::now().checked_add(PARK_AFTER).map(Box::new);
            }
            ready!(self.poll_timer(cx, true));
            if self.park_at.as_deref().is_some_and(|&park_at| park_at <= R::now()) {
                self.park_at = None;
                self.sender.release_if_idle();
                receiver.release_if_idle();
            }
        }
    }

    fn flush_and_yield(&mut self, cx: &mut Context<'_>) {
        let _ = self.poll_flushed(cx);
        // Bytes that show that the peer is alive may be behind those that are not decoded yet.
        let _ = self.poll_timer(cx, false);
        // A task that woke itself would be polled many times before the sockets of other connections.
        R::yield_to_reactor(cx);
    }
}

/// Converts the result of a read for the protocol: `Err(None)` if no data is available.
fn not_pending(read: Poll<io::Result<usize>>) -> Result<usize, Option<io::Error>> {
    match read {
        Poll::Ready(read) => read.map_err(Some),
        Poll::Pending => Err(None),
    }
}

/// The time after which an idle connection releases its compression memory.
const PARK_AFTER: Duration = Duration::from_secs(1);
