//! The interface of compression without the feature `deflate`: nothing is offered or accepted.

use sockeye_errors::{HandshakeError, NegotiationError};
use sockeye_handshake::Extension;
use sockeye_protocol::{Receiver, Sender};

/// The compression that the application allows. None.
#[derive(Clone, Debug, Default)]
pub struct DeflateOption(());

/// The result of the negotiation: no compression.
#[derive(Debug, Default)]
pub struct NegotiatedDeflate(());

impl DeflateOption {
    /// Returns the extensions that a client offers: none.
    pub fn offers(&self) -> Vec<Extension> {
        Vec::new()
    }

    /// Accepts the extensions in the server's response, as a client.
    ///
    /// # Errors
    ///
    /// Returns an error for any extension, because none was offered.
    pub fn accept(&self, answer: &[Extension]) -> Result<NegotiatedDeflate, HandshakeError> {
        match answer.first() {
            None => Ok(NegotiatedDeflate(())),
            Some(extension) => {
                Err(NegotiationError::UnofferedExtension(extension.name.as_str().into()).into())
            }
        }
    }

    /// Selects the extensions of the response: none.
    pub fn answer(&self, _: &[Extension]) -> (Vec<Extension>, NegotiatedDeflate) {
        (Vec::new(), NegotiatedDeflate(()))
    }
}

impl NegotiatedDeflate {
    /// Returns `false`.
    pub fn is_compressed(&self) -> bool {
        false
    }

    /// Returns both directions as they are.
    pub fn apply(&self, sender: Sender, receiver: Receiver) -> (Sender, Receiver) {
        (sender, receiver)
    }
}
