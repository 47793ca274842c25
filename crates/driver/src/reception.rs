//! The server at work: accepts connections, and runs a handler for each.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use sockeye_errors::{Close, CloseCode, Error};
use sockeye_handshake::Rejection;

use crate::{
    Accepting, HandlerError, Runtime, Stream, TcpOptions, Verdict, WebSocket,
    bind::Listen,
    core::Core,
    home::Home,
    parcel::Parcel,
    registry::{Membership, Registry},
    rejection::internal_error,
    serve::OnRequest,
    tls::ServerTls,
    trace,
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
    ///
    /// The task of a connection keeps this as long as the connection lives. So the handshake has a box of its own, which is
    /// gone by then, and all that it needs goes there right away: an `async fn` would keep a place for it. What stays is the
    /// reception: handlers may live on what the one who makes them holds, such as the end of a channel.
    fn attend(
        self: Arc<Self>,
        stream: Stream<R>,
        membership: Membership,
    ) -> impl Future<Output = ()> + Send {
        let opening: Opening<R, H> = Box::pin(self.open(stream, membership));
        async move {
            let Some((reception, ws, membership)) = opening.await else { return };
            membership.open();
            let (handler, mut attendance) = reception.begin(ws);
            let mut handler = pin!(handler);
            poll_fn(move |cx| attendance.poll(handler.as_mut(), cx)).await;
        }
    }

    /// Calls the handler, of which nothing is left if it panics.
    fn begin(&self, mut ws: WebSocket<R::Stream, R>) -> (Option<F>, Attendance<R>) {
        let home = Arc::new(Home::new());
        ws.core_mut().home = Some(home.way());
        let handler = catch_unwind(AssertUnwindSafe(|| (self.handler)(ws)));
        let handler = handler.inspect_err(|_| trace::handler_panicked()).ok();
        (handler, Attendance { home, returned: Parcel::default(), handled: None, over: false })
    }

    /// The opening handshake. Whoever is in it when the server closes is told 503.
    async fn open(
        self: Arc<Self>,
        stream: Stream<R>,
        membership: Membership,
    ) -> Option<Opened<R, H>> {
        if let Some(stream) = stream.as_tcp() {
            R::configure_tcp(stream, &self.tcp).ok()?;
        }
        let deadline = self.accept.deadline();
        let stream = self.tls.accept(stream, &membership, deadline).await?;
        let accept = self.accept.on(R::Stream::from(stream));
        let closing = |cx: &Context<'_>| membership.poll_closing(cx);
        let incoming = accept.read(deadline, closing).await;
        let mut incoming = incoming.inspect_err(trace::refused).ok()?;
        if let Some(judge) = &self.on_request {
            let verdict = catch_unwind(AssertUnwindSafe(|| judge(&incoming.request)));
            if let Verdict::Reject(rejection) = verdict.unwrap_or_else(|_| internal_error().into())
            {
                // That the client went is its own affair.
                if let Err(error @ Error::Handshake(_)) = incoming.reject(&rejection).await {
                    trace::refusal_failed(&error);
                }
                return None;
            }
        }
        match incoming.check() {
            Ok(checked) => {
                let handshake = incoming.into_handshake(checked);
                let mailbox = Arc::clone(&membership.mailbox);
                let ws = handshake.mailbox(mailbox).accept().await.ok()?;
                Some((self, ws, membership))
            }
            Err(error) => {
                let _ = incoming.reject(&Rejection::from(&error)).await;
                trace::refused(&error.into());
                None
            }
        }
    }
}

/// A handshake that is under way.
type Opening<R, H> = Pin<Box<dyn Future<Output = Option<Opened<R, H>>> + Send>>;

/// What a handshake leads to.
type Opened<R, H> = (Arc<Reception<R, H>>, WebSocket<<R as Runtime>::Stream, R>, Membership);

/// A connection and its handler, which may each end before the other.
struct Attendance<R: Runtime> {
    home: Arc<Home<R::Stream, R>>,
    /// The connection that came home, and is being closed.
    returned: Parcel<Core<R::Stream, R>>,
    /// Whether the handler has ended, and whether well.
    handled: Option<bool>,
    /// Whether the connection has ended, or was taken apart.
    over: bool,
}

impl<R: Runtime> Attendance<R> {
    /// Waits for the end of both. A connection that comes home is closed, whether the handler goes on without it or has
    /// ended.
    fn poll<F>(&mut self, handler: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<()>
    where
        F: Future<Output = Result<(), HandlerError>>,
    {
        if self.handled.is_none()
            && let Poll::Ready(well) = poll_handler(handler, cx)
        {
            self.handled = Some(well);
        }
        if self.returned.is_none()
            && !self.over
            && let Poll::Ready(core) = self.home.poll_returned(cx)
        {
            self.over = core.is_none();
            self.returned = core;
            if let Some(core) = self.returned.as_mut() {
                let failed = self.handled == Some(false);
                let code = if failed { CloseCode::INTERNAL_ERROR } else { CloseCode::NORMAL };
                // A connection that is closing, or closed, stays as it is.
                let _ = core.link.sender.close(R::now(), &Close::new(code, ""));
            }
        }
        if let Some(core) = self.returned.as_mut()
            && core.poll_closed(cx).is_ready()
        {
            self.returned = Parcel::default();
            self.over = true;
        }
        if self.handled.is_some() && self.over { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Runs the handler to its end, and drops it; tells whether it went well.
fn poll_handler<F>(mut handler: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<bool>
where
    F: Future<Output = Result<(), HandlerError>>,
{
    let Some(running) = handler.as_mut().as_pin_mut() else { return Poll::Ready(false) };
    let well = match catch_unwind(AssertUnwindSafe(|| running.poll(cx))) {
        Ok(Poll::Pending) => return Poll::Pending,
        Ok(Poll::Ready(Ok(()))) => true,
        Ok(Poll::Ready(Err(error))) => {
            trace::handler_failed(&error);
            false
        }
        Err(_) => {
            trace::handler_panicked();
            false
        }
    };
    handler.set(None);
    Poll::Ready(well)
}

/// The most opening handshakes that are under way at a time.
const MAX_OPENING: usize = 1024;

/// How long nobody is accepted after the operating system refused to.
const PAUSE: Duration = Duration::from_millis(50);
