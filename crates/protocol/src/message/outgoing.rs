//! Messages on their way out, with an optional choice about compression.

use crate::{Message, Prepared};

/// An outgoing message.
///
/// Everything that converts to a [`Message`] converts to an `Outgoing`, and so does [`Prepared`]. Use
/// [`Message::compressed`] and [`Message::uncompressed`] to override the choice that the compression settings make by size.
///
/// # Examples
///
/// ```
/// use sockeye::{Message, Prepared, protocol::Outgoing};
///
/// let text: Outgoing = "Hello".into();
/// let binary: Outgoing = vec![1, 2, 3].into();
/// let shared: Outgoing = Prepared::new("for many connections").into();
/// let secret: Outgoing = Message::from("token").uncompressed();
/// ```
#[derive(Clone, Debug)]
pub struct Outgoing(pub(crate) Content);

/// The variants other than `Message` are smaller than a message, so a message converts to an [`Outgoing`] without a move.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Message(Message),
    Prepared(Prepared),
    WithCompression(Box<WithCompression>),
}

/// A message for which the application has decided whether to compress it.
#[derive(Clone, Debug)]
pub(crate) struct WithCompression {
    pub(crate) message: Message,
    pub(crate) compress: bool,
}

impl Message {
    /// Converts to an outgoing message that is never compressed.
    ///
    /// Use it for payloads that are compressed already, and for secrets on a connection on which an attacker can choose other
    /// payloads ([RFC 7692 §8](https://www.rfc-editor.org/rfc/rfc7692#section-8)).
    pub fn uncompressed(self) -> Outgoing {
        self.with_compression(false)
    }

    /// Converts to an outgoing message that is compressed, however small it is, if compression was negotiated.
    pub fn compressed(self) -> Outgoing {
        self.with_compression(true)
    }

    fn with_compression(self, compress: bool) -> Outgoing {
        let content = WithCompression { message: self, compress };
        Outgoing(Content::WithCompression(Box::new(content)))
    }
}

impl<M: Into<Message>> From<M> for Outgoing {
    #[inline]
    fn from(message: M) -> Self {
        Self(Content::Message(message.into()))
    }
}

impl From<Prepared> for Outgoing {
    fn from(prepared: Prepared) -> Self {
        Self(Content::Prepared(prepared))
    }
}

impl From<&Prepared> for Outgoing {
    fn from(prepared: &Prepared) -> Self {
        prepared.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::Outgoing;
    use crate::Message;

    #[test]
    fn an_outgoing_message_is_no_larger_than_a_message() {
        assert_eq!(size_of::<Option<Outgoing>>(), size_of::<Message>());
    }
}
