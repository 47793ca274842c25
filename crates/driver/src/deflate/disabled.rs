//! The extension is not there: nothing is offered, and every offer is declined.

use sockeye_errors::{HandshakeError, NegotiationError};
use sockeye_handshake::Extension;
use sockeye_protocol::{Receiver, Sender};

/// What the application wants: nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compression(());

/// What was agreed on: nothing.
#[derive(Debug)]
pub(crate) struct Agreed;

#[expect(clippy::unused_self, reason = "that of the other twin needs it")]
impl Compression {
    pub(crate) fn offers(&self) -> Vec<Extension> {
        Vec::new()
    }

    pub(crate) fn accept(&self, answer: &[Extension]) -> Result<Agreed, HandshakeError> {
        match answer.first() {
            None => Ok(Agreed),
            Some(extension) => {
                Err(NegotiationError::UnofferedExtension(extension.name.as_str().into()).into())
            }
        }
    }

    pub(crate) fn answer(&self, _: &[Extension]) -> (Vec<Extension>, Agreed) {
        (Vec::new(), Agreed)
    }
}

#[expect(clippy::unused_self, reason = "that of the other twin needs it")]
impl Agreed {
    pub(crate) fn is_compressed(&self) -> bool {
        false
    }

    pub(crate) fn apply(&self, sender: Sender, receiver: Receiver) -> (Sender, Receiver) {
        (sender, receiver)
    }
}
