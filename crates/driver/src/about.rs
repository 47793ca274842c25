//! What the opening handshake left behind.

use sockeye_handshake::{Request, Response};

/// What the opening handshake left behind.
#[derive(Debug)]
pub(crate) struct About {
    request: Request,
    response: Response,
    subprotocol: Option<Box<str>>,
    compressed: bool,
}

impl About {
    pub(crate) fn new(
        request: Request,
        response: Response,
        subprotocol: Option<String>,
        compressed: bool,
    ) -> Self {
        Self { request, response, subprotocol: subprotocol.map(Into::into), compressed }
    }

    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) const fn response(&self) -> &Response {
        &self.response
    }

    pub(crate) fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    pub(crate) const fn is_compressed(&self) -> bool {
        self.compressed
    }
}
