//! The compression option of [`Upgrade`] and [`Established`].

use std::sync::Arc;

use http::{HeaderMap, header::SEC_WEBSOCKET_EXTENSIONS};
use sockeye_deflate::DeflateConfig;
use sockeye_errors::{HandshakeError, InvalidHeader};
use sockeye_handshake::Extension;
use sockeye_protocol::Role;

use crate::{
    Established, Upgrade,
    deflate::{DeflateOption, NegotiatedDeflate},
};

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
            _ if accepted.is_empty() => NegotiatedDeflate::default(),
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
