//! How a message is handed out: whole, in fragments, or not at all.

use sockeye_errors::{PayloadTooBig, ProtocolError};

use super::Receiver;

/// How the message at hand is handed out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    Whole,
    Fragments,
    /// The reader of the fragments has gone: what is left of the message is checked and forgotten. It is for the next
    /// one whether that is streamed.
    Discarded {
        stream_next: bool,
    },
}

impl Receiver {
    /// From now on, and until it ends, the next message comes in parts as they arrive, without a limit of size; a
    /// message that has begun to arrive is the next one, unless it is [discarded](Self::discard).
    pub fn stream(&mut self) {
        self.delivery = match self.delivery {
            Delivery::Whole | Delivery::Fragments => Delivery::Fragments,
            Delivery::Discarded { .. } => Delivery::Discarded { stream_next: true },
        };
    }

    /// Takes [`stream`](Self::stream) back, as long as no part of the message was handed out.
    pub fn keep_whole(&mut self) {
        match (self.delivery, &self.message) {
            (Delivery::Whole, _) => {}
            (Delivery::Discarded { .. }, _) => {
                self.delivery = Delivery::Discarded { stream_next: false };
            }
            (Delivery::Fragments, None) => self.delivery = Delivery::Whole,
            (Delivery::Fragments, Some(message)) if message.is_taken() => {}
            (Delivery::Fragments, Some(message)) => {
                self.delivery = Delivery::Whole;
                // The limit was not in force when the message began.
                let size = message.announced().max(message.len() as u64);
                if self.open
                    && let Err(error) = self.check_size(size)
                {
                    self.fail(error);
                }
            }
        }
    }

    /// Forgets what is left of the message that comes in parts.
    pub fn discard(&mut self) {
        self.delivery = match self.delivery {
            Delivery::Fragments if self.message.is_some() => {
                Delivery::Discarded { stream_next: false }
            }
            Delivery::Whole | Delivery::Fragments => Delivery::Whole,
            Delivery::Discarded { .. } => Delivery::Discarded { stream_next: false },
        };
    }

    fn check_size(&self, size: u64) -> Result<(), ProtocolError> {
        match self.config.max_incoming_size {
            Some(max_size) if size > max_size => Err(PayloadTooBig::new(size, max_size).into()),
            _ => Ok(()),
        }
    }
}
