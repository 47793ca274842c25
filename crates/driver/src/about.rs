//! What the opening handshake left behind.

use std::sync::{Arc, OnceLock};

use sockeye_handshake::{Request, Response};

use crate::terms::Terms;

/// What the opening handshake left behind.
#[derive(Debug)]
pub(crate) struct About {
    request: Request,
    answer: Answer,
}

/// The response.
#[derive(Debug)]
pub(crate) enum Answer {
    /// As it was received, or sent.
    Kept(Box<Response>),
    /// As these terms answer the request. A server's connections all have the same terms: the response is made again
    /// for those who ask, which hardly anybody does, and an idle connection need not keep it.
    Again { terms: Arc<Terms>, response: OnceLock<Box<Response>> },
}

impl About {
    pub(crate) const fn new(request: Request, answer: Answer) -> Self {
        Self { request, answer }
    }

    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn response(&self) -> &Response {
        match &self.answer {
            Answer::Kept(response) => response,
            Answer::Again { terms, response } => response.get_or_init(|| {
                let answer = terms.answer(&self.request);
                Box::new(answer.expect("it was the answer to this request before"))
            }),
        }
    }

    pub(crate) fn subprotocol(&self) -> Option<&str> {
        match &self.answer {
            Answer::Kept(response) => response.header("Sec-WebSocket-Protocol"),
            Answer::Again { terms, .. } => terms.subprotocol(&self.request),
        }
    }
}
