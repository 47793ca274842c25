//! What comes in by a link, whoever has it.

use std::task::{Context, Poll, ready};

use sockeye_errors::Error;
use sockeye_protocol::{Event, Fragment, Message, Receiver};

use crate::budget::Budget;

/// Who has a link, alone or with others.
pub(crate) trait Access {
    /// What the protocol does by itself about what arrives.
    fn handle_event(&mut self, event: Event);

    /// Waits until something was received; the end of the connection is an error.
    fn poll_receive(
        &mut self,
        receiver: &mut Receiver,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>>;

    /// Does what does not wait for the neighbours, whose turn it is: writes, and looks at the clock.
    fn pause(&mut self, cx: &mut Context<'_>);
}

/// What [`poll_incoming`] hands out.
pub(crate) enum Incoming {
    Message(Message),
    Fragment(Fragment),
}

/// The next message or fragment; the end of the connection is an error.
///
/// A peer that sends faster than this reads keeps nobody from the turn that the `budget` gives to the neighbours.
pub(crate) fn poll_incoming(
    receiver: &mut Receiver,
    link: &mut impl Access,
    budget: &mut Budget,
    cx: &mut Context<'_>,
) -> Poll<Result<Incoming, Error>> {
    loop {
        match receiver.poll_event() {
            Some(Event::Message(message)) => return Poll::Ready(Ok(Incoming::Message(message))),
            Some(Event::Fragment(part)) => return Poll::Ready(Ok(Incoming::Fragment(part))),
            Some(event) => link.handle_event(event),
            None if budget.is_spent(cx) => {
                link.pause(cx);
                return Poll::Pending;
            }
            None => {
                ready!(link.poll_receive(receiver, cx))?;
                budget.spend_on_reading();
            }
        }
    }
}
