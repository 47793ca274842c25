//! The receiving half of a connection.

use std::{
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use sockeye_errors::{Error, State};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::Message;

use crate::{
    MessageReader, Sender, WebSocket, inbound::Inbound, message_reader::ReceiverRef, split::Shared,
};

/// The receiving half of a connection.
///
/// A task must receive: that is how pings are answered, pongs are delivered and the end of the connection is noticed.
pub struct Receiver<S, R: Runtime> {
    inbound: Option<Box<Inbound>>,
    shared: Arc<Shared<S, R>>,
}

impl<S, R: Runtime> Receiver<S, R> {
    pub(crate) fn new(inbound: Box<Inbound>, shared: Arc<Shared<S, R>>) -> Self {
        Self { inbound: Some(inbound), shared }
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.shared.with_io(|io| io.sender.state())
    }

    /// Puts the halves together again.
    ///
    /// # Errors
    ///
    /// Gives both back if they are not of the same connection, or if the sender has other clones.
    pub fn reunite(
        mut self,
        sender: Sender<S, R>,
    ) -> Result<WebSocket<S, R>, (Self, Sender<S, R>)> {
        if !Arc::ptr_eq(&self.shared, &sender.shared) || Arc::strong_count(&self.shared) > 2 {
            return Err((self, sender));
        }
        let Some(inbound) = self.inbound.take() else { return Err((self, sender)) };
        match self.shared.reunite(*inbound) {
            Some(inner) => Ok(WebSocket::from(inner)),
            None => Err((self, sender)),
        }
    }

    /// Returns the receiving direction and the transport.
    pub(crate) fn parts(&mut self) -> (&mut Inbound, &Shared<S, R>) {
        (self.inbound.as_mut().expect("it is present until the receiver is dropped"), &self.shared)
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Receiver<S, R> {
    /// Receives the next message; see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn recv(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Receives the next message; `None` once the connection was closed normally. See [`WebSocket::next`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::next`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll_next_message(cx)).await
    }

    /// The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::next`].
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        let (inbound, mut io) = self.parts();
        inbound.poll_next(&mut io, cx)
    }

    /// Receives the next message in parts; see [`WebSocket::recv_stream`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the reader is dropped before the end, the rest of the message is skipped.
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        MessageReader::open(ReceiverRef::Half(self)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        let (inbound, mut io) = self.parts();
        inbound.poll_recv(&mut io, cx)
    }
}

impl<S, R: Runtime> Drop for Receiver<S, R> {
    fn drop(&mut self) {
        self.shared.give_back(self.inbound.take());
    }
}

impl<S, R: Runtime> fmt::Debug for Receiver<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("state", &self.state()).finish_non_exhaustive()
    }
}
