//! Messages: [RFC 6455 §5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6).

use bytes::Bytes;

mod convert;

mod outgoing;
pub use outgoing::Outgoing;
pub(crate) use outgoing::{Content, WithCompression};

mod prepared;
pub use prepared::Prepared;

mod short_len;

mod text;
pub use text::Text;

/// The type of a message: text or binary.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC has exactly these two")]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Arbitrary bytes.
    Binary,
}

/// A complete message.
///
/// Strings convert to text messages, byte buffers to binary messages. A message is equal to a string if it is a text
/// message with that text.
///
/// # Examples
///
/// ```
/// use sockeye::Message;
///
/// let message = Message::from("Hello");
/// assert!(message.is_text());
/// assert_eq!(message, "Hello");
///
/// match Message::from(vec![1, 2, 3]) {
///     Message::Text(text) => println!("{} characters", text.chars().count()),
///     Message::Binary(bytes) => assert_eq!(bytes.len(), 3),
/// }
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC has exactly these two")]
pub enum Message {
    /// UTF-8 text.
    Text(Text),
    /// Arbitrary bytes.
    Binary(Bytes),
}

impl Message {
    /// Returns the type of the message.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    /// Returns `true` for a text message.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Returns `true` for a binary message.
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Returns the text of a text message, or `None` for a binary message.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::Message;
    ///
    /// assert_eq!(Message::from("Hello").as_text(), Some("Hello"));
    /// assert_eq!(Message::from(&b"Hello"[..]).as_text(), None);
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Binary(_) => None,
        }
    }

    /// Converts a text message to its text, without a copy.
    ///
    /// # Errors
    ///
    /// Returns the message itself if it is binary.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Message, Text};
    ///
    /// let text: Result<Text, Message> = Message::from("Hello").into_text();
    /// assert_eq!(text.unwrap(), "Hello");
    ///
    /// let binary = Message::from(vec![1, 2, 3]);
    /// assert_eq!(binary.clone().into_text(), Err(binary));
    /// ```
    pub fn into_text(self) -> Result<Text, Self> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(_) => Err(self),
        }
    }

    /// Returns the payload: the bytes of a binary message, or the UTF-8 of a text message.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Converts the message to its payload, without a copy unless it is a [short text](Text).
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Returns the length of the payload in bytes.
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Returns `true` if the payload is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
