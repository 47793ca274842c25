//! What a server answers to a request that was checked.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use sockeye_errors::{HandshakeError, InvalidHeader};
use sockeye_handshake::{Checked, Request, Response, Subprotocols, add_header};

use crate::{
    about::{About, Answer},
    accept::Settings,
    deflate::Agreed,
    terms::Terms,
};

/// The answer that opens a connection, as far as it is known.
pub(crate) struct Reply {
    checked: Checked,
    headers: Arc<HeaderMap>,
    /// The first mistake of the application.
    invalid: Option<HandshakeError>,
}

impl Reply {
    pub(crate) const fn new(checked: Checked, headers: Arc<HeaderMap>) -> Self {
        Self { checked, headers, invalid: None }
    }

    pub(crate) const fn offered(&self) -> &Subprotocols {
        &self.checked.offered
    }

    pub(crate) fn choose(&mut self, subprotocol: String) {
        self.checked.subprotocol = Some(subprotocol);
    }

    pub(crate) fn add(&mut self, header: Result<(HeaderName, HeaderValue), InvalidHeader>) {
        let added = header.and_then(|(name, value)| add_header(&mut self.headers, name, value));
        if let Err(error) = added {
            self.invalid.get_or_insert(error.into());
        }
    }

    /// The answer, and the compression that it agrees to.
    pub(crate) fn answer(&mut self, terms: &Terms) -> Result<(Response, Agreed), HandshakeError> {
        let (extensions, agreed) = terms.compression.answer(&self.checked.extensions);
        match self.invalid.take() {
            Some(error) => Err(error),
            None => Ok((self.checked.accept(&extensions, &self.headers)?, agreed)),
        }
    }

    /// What is kept of the handshake, now that the client has this `response`.
    pub(crate) fn into_about(
        self,
        request: Request,
        response: Response,
        settings: Arc<Settings>,
    ) -> About {
        let terms = Arc::clone(&settings.terms);
        drop(settings);
        let is_usual = Arc::ptr_eq(&self.headers, &terms.headers)
            && self.checked.subprotocol.as_deref() == terms.subprotocol(&request);
        // Terms that nobody else has would have to be kept, and take more memory than a response.
        let answer = if is_usual && Arc::strong_count(&terms) > 1 {
            Answer::Again { terms, response: OnceLock::new() }
        } else {
            Answer::Kept(Box::new(response))
        };
        About::new(request, answer)
    }
}
