//! The policy of a server: which requests it accepts, and with which response.

use std::sync::{Arc, LazyLock};

use http::HeaderMap;
use sockeye_errors::HandshakeError;
use sockeye_handshake::{Request, Response, ServerOptions, ValidRequest};

use crate::deflate::{DeflateOption, NegotiatedDeflate};

/// The policy of a server: which requests it accepts, and with which response.
///
/// It is separate from the other settings, because the connections of a server share it: the response of a connection
/// follows from its request and the policy, so that an idle connection need not keep the response.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a parameter of functions in crates of the same version"
)]
pub struct ServerPolicy {
    /// The rules for requests, and the additional headers of the response.
    pub options: Arc<ServerOptions>,
    /// The compression that the server accepts.
    pub compression: DeflateOption,
}

static DEFAULT: LazyLock<Arc<ServerPolicy>> = LazyLock::new(|| {
    Arc::new(ServerPolicy { options: Arc::default(), compression: DeflateOption::default() })
});

impl ServerPolicy {
    /// Returns the default policy, which all connections without settings of their own share.
    pub fn shared_default() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// Builds the response to a request.
    pub(crate) fn response(&self, request: &Request) -> Result<Response, HandshakeError> {
        let valid = ValidRequest::from_request(request, &self.options)?;
        self.accept(&valid, None).map(|(response, _)| response)
    }

    /// Builds the response to a valid request, with other headers than those of the policy if there are `headers`.
    pub(crate) fn accept(
        &self,
        valid: &ValidRequest,
        headers: Option<&HeaderMap>,
    ) -> Result<(Response, NegotiatedDeflate), HandshakeError> {
        let (extensions, deflate) = self.compression.answer(&valid.extensions);
        let response = valid.accept(&extensions, headers.unwrap_or(&self.options.headers))?;
        Ok((response, deflate))
    }

    /// Returns the subprotocol that the policy selects for a request.
    pub(crate) fn subprotocol(&self, request: &Request) -> Option<&str> {
        self.options.subprotocols.choose_for(request)
    }
}
