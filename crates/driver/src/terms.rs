//! The terms of a server: what it asks of a request, and answers it with.

use std::sync::{Arc, LazyLock};

use http::HeaderMap;
use sockeye_errors::HandshakeError;
use sockeye_handshake::{Request, Response, ServerOptions, check, usual_headers};

use crate::deflate::Compression;

/// What a request is checked against, and what the answer says.
///
/// They are apart from all other settings of a connection: many connections have the same terms, and one that does need not
/// keep its response.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) options: ServerOptions,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) compression: Compression,
}

/// Those of everybody who sets none.
static DEFAULT: LazyLock<Arc<Terms>> = LazyLock::new(|| {
    Arc::new(Terms {
        options: ServerOptions::default(),
        headers: usual_headers(),
        compression: Compression::default(),
    })
});

impl Terms {
    /// Those of everybody who sets none.
    pub(crate) fn usual() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// The answer that was given to a request.
    pub(crate) fn answer(&self, request: &Request) -> Result<Response, HandshakeError> {
        let checked = check(request, &self.options)?;
        let (extensions, _) = self.compression.answer(&checked.extensions);
        checked.accept(&extensions, &self.headers)
    }

    /// The subprotocol that was chosen for a request.
    pub(crate) fn subprotocol(&self, request: &Request) -> Option<&str> {
        self.options.subprotocols.choose_for(request)
    }
}
