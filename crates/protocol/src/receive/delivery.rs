//! How a message is returned: as a whole, in parts, or not at all.

use sockeye_errors::{PayloadTooBig, ProtocolError};

use super::Receiver;

/// How the current message is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    Whole,
    Fragments,
    /// The application has abandoned the message, so the rest is validated and discarded. `stream_next` says whether the
    /// message after it is returned in parts.
    Discarded {
        stream_next: bool,
    },
}

impl Receiver {
    /// Returns the next message in parts, as they arrive, and without a size limit.
    ///
    /// A message that has begun to arrive is the next one, unless it was [discarded](Self::discard). The setting ends with
    /// the message. It is not affected by control frames, which are returned between the parts.
    pub fn stream(&mut self) {
        self.delivery = match self.delivery {
            Delivery::Whole | Delivery::Fragments => Delivery::Fragments,
            Delivery::Discarded { .. } => Delivery::Discarded { stream_next: true },
        };
    }

    /// Reverts [`stream`](Self::stream); has no effect if a part of the message was returned.
    pub fn cancel_stream(&mut self) {
        match (self.delivery, &self.message) {
            (Delivery::Whole, _) => {}
            (Delivery::Discarded { .. }, _) => {
                self.delivery = Delivery::Discarded { stream_next: false };
            }
            (Delivery::Fragments, None) => self.delivery = Delivery::Whole,
            (Delivery::Fragments, Some(message)) if message.is_taken() => {}
            (Delivery::Fragments, Some(message)) => {
                self.delivery = Delivery::Whole;
                // The size limit did not apply when the message began.
                let size = message.announced().max(message.len() as u64);
                if self.open
                    && let Err(error) = self.check_size(size)
                {
                    self.fail(error);
                }
            }
        }
    }

    /// Discards the rest of the message that is returned in parts.
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
