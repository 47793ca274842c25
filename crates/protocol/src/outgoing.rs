//! What can be sent: a message, with a say about its compression, or one that is encoded already.

use crate::{Message, Prepared};

/// A message on its way out.
///
/// Everything that becomes a [`Message`] becomes this, and so does [`Prepared`].
#[derive(Clone, Debug)]
pub struct Outgoing(pub(crate) Content);

/// Nothing is larger than a message, which most are: so one becomes this without being moved.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Message(Message),
    Prepared(Prepared),
    /// The application has a say about the compression.
    Chosen(Box<Choice>),
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) message: Message,
    pub(crate) compress: bool,
}

impl Message {
    /// The same message, which no extension will compress.
    ///
    /// For what is compressed already, and for secrets that share a connection with what an attacker chooses
    /// ([RFC 7692 §8](https://www.rfc-editor.org/rfc/rfc7692#section-8)).
    pub fn uncompressed(self) -> Outgoing {
        Outgoing(Content::Chosen(Box::new(Choice { message: self, compress: false })))
    }

    /// The same message, which is compressed if compression was negotiated, however small it is.
    pub fn compressed(self) -> Outgoing {
        Outgoing(Content::Chosen(Box::new(Choice { message: self, compress: true })))
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
    fn a_message_becomes_no_larger_on_its_way_out() {
        assert_eq!(size_of::<Option<Outgoing>>(), size_of::<Message>());
    }
}
