//! What can be sent: a message, with a say about its compression, or one that is encoded already.

use crate::{Message, Prepared};

/// A message on its way out.
///
/// Everything that becomes a [`Message`] becomes this, and so does [`Prepared`].
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub(crate) content: Content,
    /// Whether the application has a say about the compression, and which.
    pub(crate) compress: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Message(Message),
    Prepared(Prepared),
}

impl Message {
    /// The same message, which no extension will compress.
    ///
    /// For what is compressed already, and for secrets that share a connection with what an attacker chooses
    /// ([RFC 7692 §8](https://www.rfc-editor.org/rfc/rfc7692#section-8)).
    pub fn uncompressed(self) -> Outgoing {
        Outgoing { content: Content::Message(self), compress: Some(false) }
    }

    /// The same message, which is compressed if compression was negotiated, however small it is.
    pub fn compressed(self) -> Outgoing {
        Outgoing { content: Content::Message(self), compress: Some(true) }
    }
}

impl<M: Into<Message>> From<M> for Outgoing {
    #[inline]
    fn from(message: M) -> Self {
        Self { content: Content::Message(message.into()), compress: None }
    }
}

impl From<Prepared> for Outgoing {
    fn from(prepared: Prepared) -> Self {
        Self { content: Content::Prepared(prepared), compress: None }
    }
}

impl From<&Prepared> for Outgoing {
    fn from(prepared: &Prepared) -> Self {
        prepared.clone().into()
    }
}
