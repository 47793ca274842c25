//! The server at work: accepts connections, and runs a handler for each.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::StatusCode;
use sockeye_errors::{Close, CloseCode, Error, Operation};
use sockeye_handshake::Rejection;

use crate::{
    Accepting, HandlerError, Runtime, Stream, TcpOptions, Verdict, WebSocket,
    accept::LINGER,
    bind::Listen,
    deadline::Deadline,
    home::Home,
    registry::{Membership, Registry},
    serve::OnRequest,
    tls::ServerTls,
    trace,
    websocket::Core,
    wire,
};

/// The server at work.
pub(crate) struct Reception<R, H> {
    pub(crate) handler: H,
    pub(crate) accept: Accepting<R, ()>,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ServerTls,
    pub(crate) registry: Arc<Registry>,
}

impl<R, H, F> Reception<R, H>
where
    R: Runtime,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    /// Accepts streams until the server closes.
    pub(crate) async fn run<B: Listen<R>>(self: Arc<Self>, listener: &B::Listener) {
        while poll_fn(|cx| self.registry.poll_room(cx, MAX_OPENING)).await.is_some() {
            let mut accept = pin!(B::accept(listener));
            let accepted = poll_fn(|cx| {
                if self.registry.poll_closing(cx).is_ready() {
                    return Poll::Ready(None);
                }
                accept.as_mut().poll(cx).map(Some)
            });
            match accepted.await {
                None => return,
                Some(Ok(stream)) => {
                    let membership = self.registry.enter();
                    R::spawn(Arc::clone(&self).attend(stream, membership));
                }
                // Such as when there are no more file descriptors: trying at once would only burn time.
                Some(Err(error)) => {
                    trace::accept_failed(&error);
                    R::sleep_until(R::now() + PAUSE).await;
                }
            }
        }
    }

    /// One stream, from its beginning to its end.
    async fn attend(self: Arc<Self>, stream: Stream<R>, membership: Membership) {
        // The handshake has a box of its own, which is gone by the time that the connection is idle.
        let Some(mut ws) = Box::pin(self.open(stream, &membership)).await else { return };
        let home = Arc::new(Home::new());
        ws.core_mut().home = Some(home.way());
        membership.open();
        let mut handling = pin!(self.handle(ws));
        let (mut handled, mut over) = (None, false);
        let mut returned: Option<Box<Core<R::Stream, R>>> = None;
        // A connection that comes home is closed, whether the handler goes on without it or has ended.
        poll_fn(|cx| {
            if handled.is_none()
                && let Poll::Ready(well) = handling.as_mut().poll(cx)
            {
                handled = Some(well);
            }
            if returned.is_none()
                && !over
                && let Poll::Ready(core) = home.poll_returned(cx)
            {
                over = core.is_none();
                returned = core;
                if let Some(core) = &mut returned {
                    let failed = handled == Some(false);
                    let code = if failed { CloseCode::INTERNAL_ERROR } else { CloseCode::NORMAL };
                    // A connection that is closing, or closed, stays as it is.
                    let _ = core.link.sender.close(R::now(), &Close::new(code, ""));
                }
            }
            if let Some(core) = &mut returned
                && core.poll_closed(cx).is_ready()
            {
                returned = None;
                over = true;
            }
            if handled.is_some() && over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Runs the handler; returns whether it went well.
    async fn handle(&self, ws: WebSocket<R::Stream, R>) -> bool {
        let Ok(handler) = catch_unwind(AssertUnwindSafe(|| (self.handler)(ws))) else {
            trace::handler_panicked();
            return false;
        };
        let mut handler = pin!(handler);
        let result =
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
                Ok(poll) => poll.map(Some),
                Err(_) => Poll::Ready(None),
            });
        match result.await {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                trace::handler_failed(&error);
                false
            }
            None => {
                trace::handler_panicked();
                false
            }
        }
    }

    /// The TLS handshake. Whoever is in it when the server closes cannot be told anything.
    async fn secure(
        &self,
        stream: Stream<R>,
        membership: &Membership,
        deadline: Deadline,
    ) -> Option<Stream<R>> {
        let mut secure = pin!(self.speak_tls(stream, deadline));
        poll_fn(|cx| match secure.as_mut().poll(cx) {
            Poll::Ready(stream) => Poll::Ready(stream.inspect_err(trace::refused).ok()),
            Poll::Pending => membership.poll_closing(cx).map(|()| None),
        })
        .await
    }

    async fn speak_tls(&self, stream: Stream<R>, deadline: Deadline) -> Result<Stream<R>, Error> {
        let handshake = async { Ok(self.tls.handshake(stream).await) };
        let (error, stream) = match deadline.hold::<R, _>(Operation::Tls, handshake).await? {
            Ok(stream) => return Ok(stream),
            Err(failure) => failure,
        };
        // An alert says why. It would be lost with a stream that is dropped while there are bytes to read.
        let mut stream = R::Stream::from(stream);
        let end = async { Ok(wire::end::<R::Stream, R>(&mut stream).await?) };
        let _ = deadline.at_most::<R>(LINGER).hold::<R, _>(Operation::Close, end).await;
        Err(error)
    }

    /// The opening handshake. Whoever is in it when the server closes is told 503.
    async fn open(
        &self,
        stream: Stream<R>,
        membership: &Membership,
    ) -> Option<WebSocket<R::Stream, R>> {
        if let Some(stream) = stream.as_tcp() {
            R::configure_tcp(stream, &self.tcp).ok()?;
        }
        let deadline = self.accept.deadline();
        let stream = if self.tls.is_spoken() {
            // Boxed: without TLS, the handshake is a tenth as large.
            Box::pin(self.secure(stream, membership, deadline)).await?
        } else {
            stream
        };
        let accept = self.accept.on(R::Stream::from(stream));
        let closing = |cx: &Context<'_>| membership.poll_closing(cx);
        let incoming = accept.read(deadline, closing).await;
        let mut incoming = incoming.inspect_err(trace::refused).ok()?;
        if let Some(judge) = &self.on_request {
            let verdict = catch_unwind(AssertUnwindSafe(|| judge(&incoming.request)));
            let internal = || Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "");
            if let Verdict::Reject(rejection) = verdict.unwrap_or_else(|_| internal().into()) {
                let _ = incoming.reject(&rejection).await;
                return None;
            }
        }
        match incoming.check() {
            Ok(checked) => {
                let handshake = incoming.into_handshake(checked);
                handshake.mailbox(Arc::clone(&membership.mailbox)).accept().await.ok()
            }
            Err(error) => {
                let _ = incoming.reject(&Rejection::from(&error)).await;
                trace::refused(&error.into());
                None
            }
        }
    }
}

/// The most opening handshakes that are under way at a time.
const MAX_OPENING: usize = 1024;

/// How long nobody is accepted after the operating system refused to.
const PAUSE: Duration = Duration::from_millis(50);
