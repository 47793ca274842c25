//! The extension between the handshake, to which its parameters are opaque, and the connection.

use sockeye_deflate::{Agreement, Deflate, EXTENSION, Parameter};
use sockeye_errors::{HandshakeError, NegotiationError};
use sockeye_handshake::Extension;
use sockeye_protocol::{Receiver, Sender};

use crate::{Accepting, Connect, Serve};

/// What the application wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compression(Option<Deflate>);

/// What was agreed on, with the settings that led to it.
#[derive(Debug)]
pub(crate) struct Agreed(Option<(Deflate, Agreement)>);

impl Compression {
    /// The extensions that a client offers.
    pub(crate) fn offers(&self) -> Vec<Extension> {
        let offers = self.0.as_ref().map(Deflate::offers).unwrap_or_default();
        offers.into_iter().map(extension).collect()
    }

    /// What a client makes of the server's answer.
    pub(crate) fn accept(&self, answer: &[Extension]) -> Result<Agreed, HandshakeError> {
        match (answer, &self.0) {
            ([], _) => Ok(Agreed(None)),
            ([extension], Some(deflate)) if extension.name == EXTENSION => {
                let agreement = deflate.accept(&extension.params)?;
                Ok(Agreed(Some((*deflate, agreement))))
            }
            ([extension, ..], _) => {
                Err(NegotiationError::UnofferedExtension(extension.name.as_str().into()).into())
            }
        }
    }

    /// What a server answers to the offers of a client.
    pub(crate) fn answer(&self, offers: &[Extension]) -> (Vec<Extension>, Agreed) {
        let answer = self.0.as_ref().and_then(|deflate| {
            let offers = offers.iter().filter(|offer| offer.name == EXTENSION);
            let offers: Vec<_> = offers.map(|offer| &offer.params).collect();
            let (_, params, agreement) = deflate.answer_first(&offers)?;
            Some((vec![extension(params)], Agreed(Some((*deflate, agreement)))))
        });
        answer.unwrap_or((Vec::new(), Agreed(None)))
    }
}

impl Agreed {
    pub(crate) const fn is_compressed(&self) -> bool {
        self.0.is_some()
    }

    /// The two directions, with the compression that was agreed on.
    pub(crate) fn apply(&self, sender: Sender, receiver: Receiver) -> (Sender, Receiver) {
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

impl<R, W> Connect<R, W> {
    /// Offers to compress messages, which is off by default.
    pub fn compression(mut self, deflate: Deflate) -> Self {
        self.compression = Compression(Some(deflate));
        self
    }
}

impl<R, W> Accepting<R, W> {
    /// Compresses messages where clients offer it, which is off by default.
    pub fn compression(mut self, deflate: Deflate) -> Self {
        self.terms().compression = Compression(Some(deflate));
        self
    }
}

impl<R, H, B> Serve<R, H, B> {
    /// Compresses messages where clients offer it, which is off by default.
    pub fn compression(mut self, deflate: Deflate) -> Self {
        self.accept = self.accept.compression(deflate);
        self
    }
}
