//! Redirects: [RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4).

use http::StatusCode;
use sockeye_errors::{Error, HandshakeError, InvalidStatus, SecurityError};
use sockeye_handshake::{ClientOptions, WebSocketUri, location};
use sockeye_protocol::Config;

use crate::{
    Dial, Runtime, WebSocket,
    deadline::Deadline,
    deflate::Compression,
    dial::Address,
    opening::{Offer, open},
    tls,
};

/// Where a connection leads, and what may be told there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) uri: WebSocketUri,
    pub(crate) options: ClientOptions,
    pub(crate) address: Address,
}

impl Target {
    /// Where `location` leads from here, and what may be told there.
    fn join(&self, location: &str) -> Result<Self, Error> {
        let uri = self.uri.join(location)?;
        // §10.6: what was to be confidential stays so.
        if self.uri.is_secure() && !uri.is_secure() {
            return Err(HandshakeError::from(SecurityError::Downgrade).into());
        }
        if uri.same_origin(&self.uri) {
            return Ok(Self { uri, ..self.clone() });
        }
        Ok(Self { uri, options: self.options.without_secrets(), address: Address::Uri })
    }
}

/// What is the same wherever a connection leads.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) way: Dial,
    pub(crate) compression: Compression,
    pub(crate) config: Config,
}

impl Journey {
    /// Connects to the target, and follows it where it has moved to. Where it has moved to for good is put into
    /// `target`, if it is there indeed: whoever answers in the place of a server, as the page to log in to a network
    /// does, may send us anywhere.
    pub(crate) async fn connect<R: Runtime>(
        &self,
        target: &mut Target,
        deadline: Deadline,
    ) -> Result<WebSocket<R::Stream, R>, Error> {
        let max = self.way.redirects;
        let mut here = target.clone();
        let mut moved = None;
        let mut is_permanent = true;
        let mut left = max;
        loop {
            let offer = Offer {
                options: here.options.clone(),
                compression: self.compression.clone(),
                follows_redirects: max > 0,
            };
            // What cannot be asked for is refused before anybody is connected to.
            let opening = offer.prepare(&here.uri)?;
            let stream =
                self.way.dial::<R>(&here.uri, &here.address, deadline).await.map_err(judged)?;
            let opened = open(opening, stream.into(), self.config.clone(), deadline).await;
            let error = match opened {
                Err(Error::Handshake(HandshakeError::InvalidStatus(error))) if max > 0 => error,
                Ok(ws) => {
                    if let Some(moved) = moved {
                        *target = moved;
                    }
                    return Ok(ws);
                }
                opened => return opened.map_err(judged),
            };
            let Some(location) = location(&error)? else {
                return Err(HandshakeError::InvalidStatus(error).into());
            };
            // RFC 9110 §15.4: a client should detect endless redirects.
            let Some(fewer) = left.checked_sub(1) else {
                return Err(HandshakeError::from(SecurityError::TooManyRedirects { max }).into());
            };
            left = fewer;
            here = here.join(location)?;
            is_permanent = is_permanent && is_permanent_redirect(&error);
            if is_permanent {
                moved = Some(here.clone());
            }
        }
    }
}

/// RFC 8446 §4.4.2: a server, or a proxy, judges the certificate of a client when the client thinks that it is done with
/// TLS.
fn judged(error: Error) -> Error {
    match error {
        Error::Io(error) => tls::judge(error),
        error => error,
    }
}

/// RFC 9110 §15.4.2 and §15.4.9: from now on, the target is there.
fn is_permanent_redirect(error: &InvalidStatus) -> bool {
    matches!(error.status_code, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT)
}
