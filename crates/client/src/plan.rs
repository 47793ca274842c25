//! Connecting to a URI and following redirects: [RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4).

use http::{HeaderValue, StatusCode, header::USER_AGENT};
use sockeye_connection::{WebSocket, deflate::DeflateOption};
use sockeye_errors::{Error, HandshakeError, InvalidStatus, SecurityError};
use sockeye_handshake::{ClientOptions, WebSocketUri, redirect_location};
use sockeye_net::{Deadline, Sockets, tls};
use sockeye_protocol::Config;

use crate::{Dial, dial::ConnectTo, handshake::HandshakePlan};

/// A URI with the options that may be sent to it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) uri: WebSocketUri,
    pub(crate) options: ClientOptions,
    pub(crate) connect_to: ConnectTo,
}

impl Target {
    /// Resolves `location` against this target. Removes credentials for another origin.
    fn join(&self, location: &str) -> Result<Self, Error> {
        let uri = self.uri.join(location)?;
        // §10.6: a redirect must not remove the confidentiality of TLS.
        if self.uri.is_secure() && !uri.is_secure() {
            return Err(HandshakeError::from(SecurityError::Downgrade).into());
        }
        if uri.same_origin(&self.uri) {
            return Ok(Self { uri, ..self.clone() });
        }
        Ok(Self { uri, options: self.options.without_secrets(), connect_to: ConnectTo::Uri })
    }

    /// Returns the `User-Agent` header of the request, unless it is a secret.
    fn user_agent(&self) -> Option<HeaderValue> {
        let ClientOptions { headers, user_agent, .. } = &self.options;
        let default = || user_agent.as_deref().and_then(|name| HeaderValue::try_from(name).ok());
        headers.get(USER_AGENT).cloned().or_else(default).filter(|name| !name.is_sensitive())
    }
}

/// The options that apply to every target.
#[derive(Clone, Debug)]
pub(crate) struct ConnectPlan {
    pub(crate) transport: Dial,
    pub(crate) compression: DeflateOption,
    pub(crate) config: Config,
}

impl ConnectPlan {
    /// Connects to the target and follows redirects.
    ///
    /// Updates `target` after permanent redirects, but only if the connection succeeds: a captive portal that answers in
    /// place of the server can redirect to any location.
    pub(crate) async fn connect<R: Sockets>(
        &self,
        target: &mut Target,
        deadline: Deadline,
    ) -> Result<WebSocket<R::Stream, R>, Error> {
        let mut current = target.clone();
        let opened = self.follow(target, &mut current, deadline).await;
        opened.map_err(|error| error.with_uri(&current.uri))
    }

    /// Does the same, and leaves the last URI in `current`.
    async fn follow<R: Sockets>(
        &self,
        target: &mut Target,
        current: &mut Target,
        deadline: Deadline,
    ) -> Result<WebSocket<R::Stream, R>, Error> {
        let max = self.transport.redirects;
        let mut moved = None;
        let mut is_permanent = true;
        let mut left = max;
        loop {
            let handshake = HandshakePlan {
                options: current.options.clone(),
                compression: self.compression.clone(),
                follows_redirects: max > 0,
            };
            // An invalid request fails before a connection is opened.
            let handshake = handshake.prepare(&current.uri)?;
            let stream = self
                .transport
                .dial::<R>(&current.uri, &current.connect_to, current.user_agent(), deadline)
                .await
                .map_err(classify_tls_error)?;
            let opened = handshake
                .perform::<R::Stream, R>(stream.into(), self.config.clone(), deadline)
                .await;
            let error = match opened {
                Err(Error::Handshake(HandshakeError::InvalidStatus(error))) if max > 0 => error,
                Ok(ws) => {
                    if let Some(moved) = moved {
                        *target = moved;
                    }
                    return Ok(ws);
                }
                opened => return opened.map_err(classify_tls_error),
            };
            let Some(location) = redirect_location(&error)? else {
                return Err(HandshakeError::InvalidStatus(error).into());
            };
            // RFC 9110 §15.4: a client should detect endless redirects.
            let Some(fewer) = left.checked_sub(1) else {
                return Err(HandshakeError::from(SecurityError::TooManyRedirects { max }).into());
            };
            left = fewer;
            *current = current.join(location)?;
            is_permanent = is_permanent && is_permanent_redirect(&error);
            if is_permanent {
                moved = Some(current.clone());
            }
        }
    }
}

/// Classifies an I/O error of a TLS stream. A server or proxy may reject the client's certificate after the client has
/// completed the TLS handshake (RFC 8446 §4.4.2).
fn classify_tls_error(error: Error) -> Error {
    match error {
        Error::Io(error) => tls::classify(error),
        error => error,
    }
}

/// Returns whether the redirect is permanent (RFC 9110 §15.4.2, §15.4.9).
fn is_permanent_redirect(error: &InvalidStatus) -> bool {
    matches!(error.status_code, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT)
}
