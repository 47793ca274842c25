//! permessage-deflate between the handshake, to which its parameters are opaque, and the connection.

use std::sync::Arc;

use http::{HeaderMap, header::SEC_WEBSOCKET_EXTENSIONS};
use sockeye_deflate::{Agreement, DeflateConfig, EXTENSION, Parameter};
use sockeye_errors::{HandshakeError, InvalidHeader, NegotiationError};
use sockeye_handshake::Extension;
use sockeye_protocol::{Receiver, Role, Sender};

use crate::{Established, Upgrade};

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

impl Upgrade {
    /// Accepts compression if the client offers it. Off by default.
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        Arc::make_mut(&mut self.policy).compression = DeflateOption::new(deflate);
        self.renegotiate().expect("the extensions answer offers of the client")
    }
}

impl Established {
    /// Enables the compression that the handshake has negotiated, with the configuration that this side used for its
    /// offer or response.
    ///
    /// Without a call of this method, the connection fails with the first compressed message of the peer.
    ///
    /// # Errors
    ///
    /// Returns an error if the extensions of the response do not follow from the offer and this configuration. A client
    /// fails the connection then ([RFC 6455 §9.1](https://www.rfc-editor.org/rfc/rfc6455#section-9.1)). A response without
    /// extensions is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{DeflateConfig, Request, Response, connection::{Established, Role}, http};
    ///
    /// # fn example(request: http::request::Parts, response: http::response::Parts) -> Result<(), sockeye::Error> {
    /// let (request, response) = (Request::from(&request), Response::from(&response));
    /// let established =
    ///     Established::new(Role::Client, request, response).compression(DeflateConfig::default())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn compression(mut self, deflate: DeflateConfig) -> Result<Self, HandshakeError> {
        let option = DeflateOption::new(deflate);
        // Copies, because `headers` stores a map that the connection would keep.
        let response = self.response.get(&self.request).clone();
        let accepted = extensions(response.headers())?;
        self.deflate = match self.role {
            _ if accepted.is_empty() => NegotiatedDeflate(None),
            Role::Client => option.accept(&accepted)?,
            // The response alone does not tell which window the server uses.
            Role::Server => {
                let (answer, negotiated) =
                    option.answer(&extensions(self.request.clone().headers())?);
                if answer != accepted {
                    let found = accepted.iter().map(ToString::to_string).collect::<Vec<_>>();
                    return Err(InvalidHeader::value(
                        SEC_WEBSOCKET_EXTENSIONS.as_str(),
                        found.join(", "),
                    )
                    .into());
                }
                negotiated
            }
        };
        Ok(self)
    }
}

fn extensions(headers: &HeaderMap) -> Result<Vec<Extension>, InvalidHeader> {
    Extension::parse_list(headers.get_all(SEC_WEBSOCKET_EXTENSIONS))
}
