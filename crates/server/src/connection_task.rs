//! The task of a connection: the handshake, the handler and the close.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use sockeye_connection::{ReturnSlot, WebSocket};
use sockeye_errors::{Close, CloseCode, Error};
use sockeye_handshake::Rejection;
use sockeye_net::{Deadline, Sockets, Stream, handshake_io, tls::ServerTls};

use crate::{
    Decision, HandlerError, HandlerPanic, accept_loop::AcceptLoop, connections::ConnectionGuard,
    handler::OnError, reject::internal_error, trace,
};

/// Serves one stream from the handshake to its end.
///
/// The task of a connection keeps this future as long as the connection lives. So the handshake has a box of its own,
/// which is freed before the handler runs; an `async fn` would reserve room for it. The shared state is kept, because a
/// handler may depend on values that its closure owns, such as the end of a channel.
pub(crate) fn serve_connection<R, H, F>(
    server: Arc<AcceptLoop<R, H>>,
    stream: Stream<R>,
    guard: ConnectionGuard,
) -> impl Future<Output = ()> + Send
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let handshake: Handshake<R, H> = Box::pin(unless_aborted(server, stream, guard));
    async move {
        let Some((server, ws, guard)) = handshake.await else { return };
        let (handler, mut task) = call_handler(&server, ws, guard);
        let mut handler = pin!(handler);
        // A closure that owned the task would double its place in the future.
        poll_fn(|cx| task.poll(handler.as_mut(), &server.on_error, cx)).await;
    }
}

type Handshake<R, H> = Pin<Box<dyn Future<Output = Option<Opened<R, H>>> + Send>>;

type Opened<R, H> = (Arc<AcceptLoop<R, H>>, WebSocket<<R as Sockets>::Stream, R>, ConnectionGuard);

/// Performs the opening handshake, unless it loses its place among the handshakes in progress.
async fn unless_aborted<R: Sockets, H>(
    server: Arc<AcceptLoop<R, H>>,
    stream: Stream<R>,
    guard: ConnectionGuard,
) -> Option<Opened<R, H>> {
    let commands = Arc::clone(&guard.commands);
    let mut handshake = pin!(handshake(server, stream, guard));
    poll_fn(|cx| {
        commands.register_owner(cx.waker());
        if commands.is_aborted() { Poll::Ready(None) } else { handshake.as_mut().poll(cx) }
    })
    .await
}

/// Performs the opening handshake. If the server shuts down meanwhile, the client receives 503.
async fn handshake<R: Sockets, H>(
    server: Arc<AcceptLoop<R, H>>,
    stream: Stream<R>,
    mut guard: ConnectionGuard,
) -> Option<Opened<R, H>> {
    if let Some(stream) = stream.as_tcp() {
        R::configure_tcp(stream, &server.tcp).ok()?;
    }
    let deadline = server.accept.deadline();
    let stream = if server.tls.is_enabled() {
        accept_tls(&server.tls, stream, &guard, deadline).await?
    } else {
        stream
    };
    let accept = server.accept.with_stream(R::Stream::from(stream));
    let received = accept.read(deadline, |cx| guard.poll_closing(cx)).await;
    let mut received = received.inspect_err(trace::refused).ok()?;
    if let Some(hook) = &server.on_request {
        let decision = catch_unwind(AssertUnwindSafe(|| hook(&received.request)));
        if let Decision::Reject(rejection) = decision.unwrap_or_else(|_| internal_error().into()) {
            // Other errors mean that the client is gone, which is not a failure of the server.
            if let Err(error @ Error::Handshake(_)) = received.reject(&rejection).await {
                trace::refusal_failed(&error);
            }
            return None;
        }
    }
    match received.validate() {
        Ok(valid) => {
            // Before the client can know that it is connected: a broadcast that the client causes with its first action
            // must reach the client itself. The queue keeps the commands until the connection opens.
            if !guard.open() {
                return None;
            }
            let mut ws = received.into_upgrade_request(valid).accept().await.ok()?;
            ws.set_commands(Arc::clone(&guard.commands));
            Some((server, ws, guard))
        }
        Err(error) => {
            let _ = received.reject(&Rejection::from(&error)).await;
            trace::refused(&error.into());
            None
        }
    }
}

/// Performs the TLS handshake. If the server shuts down meanwhile, the stream is dropped.
async fn accept_tls<R: Sockets>(
    tls: &ServerTls,
    stream: Stream<R>,
    guard: &ConnectionGuard,
    deadline: Deadline,
) -> Option<Stream<R>> {
    match tls.accept::<_, R>(stream, |cx| guard.poll_closing(cx), deadline).await {
        Ok(stream) => stream.map(Into::into),
        Err((error, stream)) => {
            trace::refused(&error);
            // The alert with the reason would be lost if the stream were dropped while there are bytes to read.
            let mut stream = R::Stream::from(stream?);
            handshake_io::shut_down_and_drain::<R::Stream, R>(&mut stream, deadline).await;
            None
        }
    }
}

/// Calls the handler. Returns no future if it panics.
fn call_handler<R, H, F>(
    server: &AcceptLoop<R, H>,
    mut ws: WebSocket<R::Stream, R>,
    guard: ConnectionGuard,
) -> (Option<F>, ConnectionTask<R>)
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F,
{
    let slot = ReturnSlot::attach(&mut ws);
    let mut task =
        ConnectionTask { slot, returned: None, handler_ok: None, connection_done: false, guard };
    match catch_unwind(AssertUnwindSafe(|| (server.handler)(ws))) {
        Ok(future) => (Some(future), task),
        Err(payload) => {
            let error = HandlerPanic::new(&*payload).into();
            // The task is polled again, with a waker, after this.
            task.fail(&error, &server.on_error, &mut Context::from_waker(Waker::noop()));
            (None, task)
        }
    }
}

/// A connection and its handler. Either may end before the other.
struct ConnectionTask<R: Sockets> {
    slot: ReturnSlot<R::Stream, R>,
    /// The connection that the handler dropped. It is being closed.
    returned: Option<WebSocket<R::Stream, R>>,
    /// Whether the handler succeeded, once it has ended.
    handler_ok: Option<bool>,
    /// Whether the connection has ended or was taken apart.
    connection_done: bool,
    /// Dropped last, when everything else has ended.
    guard: ConnectionGuard,
}

impl<R: Sockets> ConnectionTask<R> {
    /// Runs the handler and, once the handler has dropped the connection, closes it. Completes when both have ended, or when
    /// the server cancels the handler.
    fn poll<F>(
        &mut self,
        handler: Pin<&mut Option<F>>,
        on_error: &OnError,
        cx: &mut Context<'_>,
    ) -> Poll<()>
    where
        F: Future<Output = Result<(), HandlerError>>,
    {
        if !self.slot.is_registered(cx.waker()) {
            self.guard.commands.register_owner(cx.waker());
        }
        if self.guard.commands.is_aborted() {
            return Poll::Ready(());
        }
        if self.handler_ok.is_none()
            && let Poll::Ready(result) = poll_handler(handler, cx)
        {
            match result {
                Ok(()) => self.handler_ok = Some(true),
                Err(error) => self.fail(&error, on_error, cx),
            }
        }
        self.take_returned(cx);
        if let Some(ws) = &mut self.returned
            && ws.poll_closed(cx).is_ready()
        {
            self.returned = None;
            self.connection_done = true;
        }
        let is_done = self.handler_ok.is_some() && self.connection_done;
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Records and reports the failure of the handler.
    fn fail(&mut self, error: &HandlerError, on_error: &OnError, cx: &mut Context<'_>) {
        self.handler_ok = Some(false);
        self.take_returned(cx);
        trace::handler_failed(error);
        let request = self.returned.as_ref().map(WebSocket::request);
        // A panic of the hook must not leave the connection open.
        let _ = catch_unwind(AssertUnwindSafe(|| on_error(error, request)));
    }

    /// Takes the connection that the handler has dropped, and starts to close it.
    fn take_returned(&mut self, cx: &mut Context<'_>) {
        if self.returned.is_some() || self.connection_done {
            return;
        }
        let Poll::Ready(ws) = self.slot.poll_returned(cx) else { return };
        self.connection_done = ws.is_none();
        self.returned = ws;
        if let Some(ws) = &mut self.returned {
            let failed = self.handler_ok == Some(false);
            let code = if failed { CloseCode::INTERNAL_ERROR } else { CloseCode::NORMAL };
            // A connection that is closing or closed keeps its own close code.
            let _ = ws.start_close(&Close::new(code, ""));
        }
    }
}

/// Runs the handler to its end, and drops it.
fn poll_handler<F>(
    mut handler: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), HandlerError>>
where
    F: Future<Output = Result<(), HandlerError>>,
{
    let Some(running) = handler.as_mut().as_pin_mut() else { return Poll::Ready(Ok(())) };
    let result = match catch_unwind(AssertUnwindSafe(|| running.poll(cx))) {
        Ok(Poll::Pending) => return Poll::Pending,
        Ok(Poll::Ready(result)) => result,
        Err(payload) => Err(HandlerPanic::new(&*payload).into()),
    };
    handler.set(None);
    Poll::Ready(result)
}
