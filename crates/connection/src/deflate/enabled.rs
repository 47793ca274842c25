//! permessage-deflate between the handshake, to which its parameters are opaque, and the connection.

use sockeye_deflate::{Agreement, DeflateConfig, EXTENSION, Parameter};
use sockeye_errors::{HandshakeError, NegotiationError};
use sockeye_handshake::Extension;
use sockeye_protocol::{Receiver, Sender};

/// The compression that the application allows. None by default.
#[derive(Clone, Debug, Default)]
pub struct DeflateOption(Option<DeflateConfig>);

/// The result of the negotiation, with the settings of the application.
#[derive(Debug, Default)]
pub struct NegotiatedDeflate(Option<(DeflateConfig, Agreement)>);

impl DeflateOption {
    /// Enables compression with these settings.
    pub const fn new(deflate: DeflateConfig) -> Self {
        Self(Some(deflate))
    }

    /// Returns the extensions that a client offers.
    pub fn offers(&self) -> Vec<Extension> {
        let offers = self.0.as_ref().map(DeflateConfig::offers).unwrap_or_default();
        offers.into_iter().map(extension).collect()
    }

    /// Accepts the extensions in the server's response, as a client.
    ///
    /// # Errors
    ///
    /// Returns an error for an extension that was not offered, and for invalid parameters.
    pub fn accept(&self, answer: &[Extension]) -> Result<NegotiatedDeflate, HandshakeError> {
        match (answer, &self.0) {
            ([], _) => Ok(NegotiatedDeflate(None)),
            ([extension], Some(deflate)) if extension.name == EXTENSION => {
                let agreement = deflate.accept(&extension.params)?;
                Ok(NegotiatedDeflate(Some((*deflate, agreement))))
            }
            ([extension, ..], _) => {
                Err(NegotiationError::UnofferedExtension(extension.name.as_str().into()).into())
            }
        }
    }

    /// Selects the extensions of the response to the offers of a client, as a server.
    pub fn answer(&self, offers: &[Extension]) -> (Vec<Extension>, NegotiatedDeflate) {
        let answer = self.0.as_ref().and_then(|deflate| {
            let offers = offers.iter().filter(|offer| offer.name == EXTENSION);
            let offers: Vec<_> = offers.map(|offer| &offer.params).collect();
            let (_, params, agreement) = deflate.answer_first(&offers)?;
            Some((vec![extension(params)], NegotiatedDeflate(Some((*deflate, agreement)))))
        });
        answer.unwrap_or((Vec::new(), NegotiatedDeflate(None)))
    }
}

impl NegotiatedDeflate {
    /// Returns whether compression was negotiated.
    pub const fn is_compressed(&self) -> bool {
        self.0.is_some()
    }

    /// Enables the negotiated compression in both directions.
    pub fn apply(&self, sender: Sender, receiver: Receiver) -> (Sender, Receiver) {
        match &self.0 {
            Some((deflate, agreement)) => {
                (sender.compress(deflate, agreement), receiver.decompress(agreement))
            }
            None => (sender, receiver),
        }
    }
}

fn extension(params: Vec<Parameter>) -> Extension {
    params.into_iter().fold(Extension::new(EXTENSION), |extension, (name, value)| {
        extension.with(name, value.as_deref())
    })
}
