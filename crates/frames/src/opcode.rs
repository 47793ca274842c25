//! Opcodes: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

use sockeye_errors::ProtocolError;

/// What a frame holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC has exactly these; all others are errors")]
#[repr(u8)]
pub enum OpCode {
    /// The next part of a fragmented message.
    Continuation = 0,
    /// A text message, or its first part.
    Text = 1,
    /// A binary message, or its first part.
    Binary = 2,
    /// The end of the sender's direction.
    Close = 8,
    /// A question whether the peer is there.
    Ping = 9,
    /// The answer to a ping.
    Pong = 10,
}

impl OpCode {
    /// Whether this is a control frame, which is short, whole, and may come between the fragments of a message.
    #[inline]
    pub const fn is_control(self) -> bool {
        // §5.5: control frames are those whose opcode has the highest bit set.
        self as u8 & 0x8 != 0
    }
}

impl From<OpCode> for u8 {
    #[inline]
    fn from(opcode: OpCode) -> Self {
        opcode as Self
    }
}

impl TryFrom<u8> for OpCode {
    type Error = ProtocolError;

    #[inline]
    fn try_from(opcode: u8) -> Result<Self, ProtocolError> {
        match opcode {
            0 => Ok(Self::Continuation),
            1 => Ok(Self::Text),
            2 => Ok(Self::Binary),
            8 => Ok(Self::Close),
            9 => Ok(Self::Ping),
            10 => Ok(Self::Pong),
            // §5.2: the other opcodes are reserved, for data frames (3–7) and for control frames (11–15).
            _ => Err(ProtocolError::ReservedOpcode { opcode }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OpCode, ProtocolError};

    #[test]
    fn every_number_is_an_opcode_or_is_refused() {
        for number in 0..=u8::MAX {
            match OpCode::try_from(number) {
                Ok(opcode) => assert_eq!(u8::from(opcode), number),
                Err(error) => {
                    assert_eq!(error, ProtocolError::ReservedOpcode { opcode: number });
                    assert!(!matches!(number, 0..=2 | 8..=10), "{number}");
                }
            }
        }
    }

    #[test]
    fn close_ping_and_pong_are_control_frames() {
        for opcode in [OpCode::Continuation, OpCode::Text, OpCode::Binary] {
            assert!(!opcode.is_control(), "{opcode:?}");
        }
        for opcode in [OpCode::Close, OpCode::Ping, OpCode::Pong] {
            assert!(opcode.is_control(), "{opcode:?}");
        }
    }
}
