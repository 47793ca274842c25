//! Conversions and comparisons of messages with strings and byte buffers.

use bytes::Bytes;

use crate::{Message, Text};

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Self::Text(text.as_str().into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl From<Message> for Bytes {
    fn from(message: Message) -> Self {
        message.into_bytes()
    }
}

impl PartialEq<str> for Message {
    fn eq(&self, other: &str) -> bool {
        self.is_text() && self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Message {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use crate::{Message, Text};

    #[test]
    fn a_message_equals_a_string_if_it_is_a_text_with_that_content() {
        for text in ["", "short", &"a text that is shared ".repeat(9)] {
            let message = Message::from(text);
            let string = String::from(text);
            assert!(message == *text && message == text && message == string);
            assert!(message != "other" && Message::from(text.as_bytes()) != *text);
            assert_eq!(message.into_text(), Ok(Text::from(text)));
            let binary = Message::from(text.as_bytes());
            assert_eq!(binary.clone().into_text(), Err(binary));
        }
    }
}
