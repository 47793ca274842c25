//! The request and the response of the opening handshake.

use std::sync::{Arc, OnceLock};

use sockeye_handshake::{Request, Response};

use crate::policy::ServerPolicy;

/// The request and the response of the opening handshake, which the application may ask for.
#[derive(Debug)]
pub(crate) struct HandshakeInfo {
    request: Request,
    response: StoredResponse,
}

/// The response of the opening handshake.
#[derive(Debug)]
pub(crate) enum StoredResponse {
    /// The response as it was received or sent.
    Kept(Box<Response>),
    /// The response follows from the request and the policy, which many connections of a server share. It is rebuilt on
    /// demand, so that an idle connection need not keep it.
    Rebuilt { policy: Arc<ServerPolicy>, response: OnceLock<Box<Response>> },
}

impl StoredResponse {
    /// Returns the response to a request, which is built on the first call if it is not kept.
    pub(crate) fn get(&self, request: &Request) -> &Response {
        match self {
            Self::Kept(response) => response,
            Self::Rebuilt { policy, response } => response.get_or_init(|| {
                let response = policy.response(request);
                Box::new(response.expect("the policy accepted this request before"))
            }),
        }
    }
}

impl HandshakeInfo {
    pub(crate) const fn new(request: Request, response: StoredResponse) -> Self {
        Self { request, response }
    }

    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn response(&self) -> &Response {
        self.response.get(&self.request)
    }

    pub(crate) fn subprotocol(&self) -> Option<&str> {
        match &self.response {
            StoredResponse::Kept(response) => response.header("Sec-WebSocket-Protocol"),
            StoredResponse::Rebuilt { policy, .. } => policy.subprotocol(&self.request),
        }
    }
}
