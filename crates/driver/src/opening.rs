//! The client's side of the opening handshake, over a stream to the server.

use std::{sync::Arc, task::Context};

use sockeye_errors::{Error, HandshakeError, InvalidStatus, Operation};
use sockeye_handshake::{Accepted, ClientHandshake, ClientOptions, WebSocketUri, location};
use sockeye_protocol::{Config, Receiver, Role, Sender};

use crate::{
    Io, Runtime, WebSocket,
    about::{About, Answer},
    core::{Core, begin},
    deadline::Deadline,
    deflate::Compression,
    link::Link,
    masks, trace, wire,
};

/// What a client asks for.
pub(crate) struct Offer {
    pub(crate) options: ClientOptions,
    pub(crate) compression: Compression,
    /// Whether the body of a redirect does not matter.
    pub(crate) follows_redirects: bool,
}

impl Offer {
    /// Writes the request, as far as it can be written.
    pub(crate) fn prepare(mut self, uri: &WebSocketUri) -> Result<Opening, Error> {
        self.options.extensions = self.compression.offers();
        let handshake = ClientHandshake::new(uri, &self.options, masks::nonce()?)?;
        let Self { compression, follows_redirects, .. } = self;
        Ok(Opening { handshake, compression, follows_redirects })
    }
}

/// An opening handshake of which nothing was sent yet.
pub(crate) struct Opening {
    handshake: ClientHandshake,
    compression: Compression,
    follows_redirects: bool,
}

/// The opening handshake, over a stream to the server.
pub(crate) async fn open<S: Unpin, R: Runtime + Io<S>>(
    opening: Opening,
    mut stream: S,
    config: Config,
    deadline: Deadline,
) -> Result<WebSocket<S, R>, Error> {
    let Opening { mut handshake, compression, follows_redirects } = opening;
    wire::write::<S, R>(&mut stream, handshake.request().as_bytes(), deadline).await?;
    let read = |cx: &mut Context<'_>| {
        let take = |bytes: &mut [u8]| take_answer(&mut handshake, follows_redirects, bytes);
        wire::poll_read::<S, R, _>(&mut stream, cx, take)
    };
    let (accepted, rest) = match deadline.keep::<R, _>(Operation::Handshake, read).await {
        // A refusal is better told without the rest of its body than not at all.
        Err(Error::Timeout(timeout)) => {
            let refusal = handshake.rejection_so_far().map(HandshakeError::from);
            return Err(refusal.map_or(timeout.into(), Into::into));
        }
        answer => answer?,
    };
    let agreed = compression.accept(&accepted.extensions)?;
    let config = Arc::new(config);
    let receiver = Receiver::new(Role::Client, Arc::clone(&config));
    let sender = Sender::client(config, masks::mask_key);
    let (sender, receiver) = begin(&agreed, (sender, receiver), R::now(), rest);
    let Accepted { request, response, .. } = accepted;
    trace::opened(Role::Client, &request);
    let link = Link::new(stream, sender, None);
    let about = Box::new(About::new(request, Answer::Kept(Box::new(response))));
    Ok(WebSocket::from_core(Core::new(receiver, link, about, agreed.is_compressed())))
}

/// The answer, once it is whole, with the bytes behind it.
fn take_answer(
    handshake: &mut ClientHandshake,
    follows_redirects: bool,
    bytes: &[u8],
) -> Result<Option<(Accepted, Vec<u8>)>, HandshakeError> {
    if bytes.is_empty() {
        return Err(handshake.handle_eof());
    }
    if let Some((accepted, len)) = handshake.handle_received(bytes)? {
        return Ok(Some((accepted, bytes[len..].to_vec())));
    }
    match handshake.rejection_so_far() {
        Some(refusal) if follows_redirects && leads_on(&refusal) => Err(refusal.into()),
        _ => Ok(None),
    }
}

/// Whether a refusal is a redirect that leads somewhere, or would if it made sense.
fn leads_on(refusal: &InvalidStatus) -> bool {
    !matches!(location(refusal), Ok(None))
}
