//! Opcodes: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

use sockeye_errors::ProtocolError;

/// The type of a frame.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC defines exactly these; all others are errors")]
#[repr(u8)]
pub enum OpCode {
    /// A later fragment of a fragmented message.
    Continuation = 0,
    /// A text message, or its first fragment.
    Text = 1,
    /// A binary message, or its first fragment.
    Binary = 2,
    /// A close frame, the last frame of an endpoint.
    Close = 8,
    /// A ping, which the peer answers with a pong.
    Ping = 9,
    /// A pong.
    Pong = 10,
}

impl OpCode {
    /// Returns `true` for control frames, which are never fragmented and may come between the fragments of a message.
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

    /// # Errors
    ///
    /// [`ReservedOpcode`](ProtocolError::ReservedOpcode).
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
