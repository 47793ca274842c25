//! The handshake of a server, up to the request: [RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2).

use sockeye_errors::{HandshakeError, InvalidMessage};

use crate::{
    http1::{HeadKind, HeadReader, Limits},
    request::Request,
};

/// Reads the request of a client.
///
/// Give what arrives to [`handle_received`](Self::handle_received) until it answers; then
/// [`check`](crate::check) the request, and write what [`Checked::accept`](crate::Checked::accept)
/// or [`Rejection::encode`](crate::Rejection::encode) gives. The first error is final.
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

    /// Takes what the client sent.
    ///
    /// As soon as its request is whole: the request, and how much of `chunk` belongs to it. `None`
    /// asks for more. A client has to wait for the answer, but what follows in the chunk can be
    /// nothing but frames, once the request is accepted.
    ///
    /// # Errors
    ///
    /// When the request is not the head of an HTTP/1.1 request, or over its limits.
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

    /// Takes note that the client will send no more, and says what that means: a request that was
    /// cut off.
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

const DONE: &str = "the handshake has ended already";
