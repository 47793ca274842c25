//! Reading the request of a client: [RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2).

use sockeye_errors::{HandshakeError, InvalidMessage};

use crate::{
    http1::{HeadKind, HeadReader, Limits, RequestLine},
    request::Request,
};

/// Reads the request of a client.
///
/// Pass received bytes to [`handle_received`](Self::handle_received) until it returns the request. Then validate the request with
/// [`ValidRequest::from_request`](crate::ValidRequest::from_request), and send the response of
/// [`ValidRequest::accept`](crate::ValidRequest::accept) or [`Rejection::encode`](crate::Rejection::encode). The first error is
/// final.
///
/// # Examples
///
/// ```
/// use sockeye::server::{Limits, ServerHandshake};
///
/// let mut handshake = ServerHandshake::new(Limits::default());
/// assert!(handshake.handle_received(b"GET /chat HTTP/1.1\r\nHost: exa")?.is_none());
/// let (request, length) = handshake.handle_received(b"mple.com\r\n\r\n")?.expect("a complete head");
/// assert_eq!((request.path(), length), ("/chat", 12));
/// # Ok::<(), sockeye::error::HandshakeError>(())
/// ```
#[derive(Debug)]
pub struct ServerHandshake {
    reader: HeadReader,
    state: State,
}

#[derive(Debug)]
enum State {
    Reading,
    Done,
    Failed(HandshakeError),
}

impl ServerHandshake {
    /// Begins a handshake.
    pub fn new(limits: Limits) -> Self {
        Self { reader: HeadReader::new(HeadKind::Request, limits), state: State::Reading }
    }

    /// Processes received bytes. Returns the request and the number of bytes of `chunk` that belong to it once it is complete;
    /// `None` if more bytes are needed.
    ///
    /// A client must wait for the response. If bytes follow the request nevertheless and the server accepts it, they are frames.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not the head of a request of HTTP/1.0 or HTTP/1.1, or exceed the limits.
    pub fn handle_received(
        &mut self,
        chunk: &[u8],
    ) -> Result<Option<(Request, usize)>, HandshakeError> {
        match &self.state {
            State::Reading => {}
            State::Done => return Err(InvalidMessage::malformed(DONE).into()),
            State::Failed(error) => return Err(error.clone()),
        }
        let outcome = self.reader.handle_received(chunk);
        match &outcome {
            Ok(None) => {}
            Ok(Some(_)) => self.state = State::Done,
            Err(error) => self.state = State::Failed(error.clone()),
        }
        Ok(outcome?.map(|(head, length)| (Request::new(head), length)))
    }

    /// Returns the method of a request that is incomplete or invalid; `None` if its first line is. A response to HEAD has no
    /// body: see [`Rejection::encode_for`](crate::Rejection::encode_for).
    pub fn method(&self) -> Option<&str> {
        RequestLine::split(self.reader.start_line()?).map(|line| line.method)
    }

    /// Processes the end of the stream. Returns an error about a truncated request.
    pub fn handle_eof(&mut self) -> HandshakeError {
        let error = match &self.state {
            State::Reading => InvalidMessage::truncated().into(),
            State::Done => InvalidMessage::malformed(DONE).into(),
            State::Failed(error) => error.clone(),
        };
        self.state = State::Failed(error.clone());
        error
    }
}

const DONE: &str = "the handshake has already ended";
