//! A client that reconnects: [RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3).

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use sockeye_connection::WebSocket;
use sockeye_errors::Error;
use sockeye_handshake::WebSocketUri;
use sockeye_net::{Deadline, Sockets, random};

use crate::{
    Connect,
    backoff::Backoff,
    connect,
    plan::{ConnectPlan, Target},
};

/// A client that reconnects: each call of [`next`](Self::next) opens a connection.
///
/// Created by [`reconnect`], and by [`Connect::reconnect`] for a client with options. The first connection is opened at
/// once. Before each further attempt the client waits for a random part of a limit, which doubles from 1 second to 60
/// seconds (full jitter, [RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3)). A connection that lasted
/// 10 seconds resets the limit. If the server sends `Retry-After`, that time is added, up to 10 minutes. The first
/// non-retryable error ends the client.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// let mut connections = sockeye::connect("wss://example.com/feed").reconnect().max_attempts(10);
/// while let Some(mut ws) = connections.next().await? {
///     ws.send("subscribe").await?;
///     while let Ok(Some(message)) = ws.next().await {
///         println!("{message:?}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before `next`"]
pub struct Reconnect<R> {
    /// The URI and its options. `None` after the end.
    target: Option<Target>,
    /// An invalid setting that has not been reported yet.
    config_error: Option<Error>,
    plan: ConnectPlan,
    open_timeout: Option<Duration>,
    backoff: Backoff,
    stable: Duration,
    max_attempts: Option<u32>,
    retry_if: Box<RetryPredicate>,
    on_event: Option<Box<EventHook>>,
    progress: Progress,
    /// The number of failed attempts in a row.
    failures: u32,
    runtime: PhantomData<fn() -> R>,
}

type RetryPredicate = dyn Fn(&Error) -> bool + Send + Sync;
type EventHook = dyn Fn(ReconnectEvent<'_>) + Send + Sync;

/// A step of a [`Reconnect`], which its hook [`on_event`](Reconnect::on_event) receives.
///
/// # Examples
///
/// ```
/// use sockeye::client::ReconnectEvent;
///
/// fn log(event: ReconnectEvent<'_>) {
///     match event {
///         ReconnectEvent::Connecting { attempt } => println!("attempt {attempt}"),
///         ReconnectEvent::Connected => println!("connected"),
///         ReconnectEvent::Waiting { delay, error: Some(error) } => println!("{error:#}; retry in {delay:?}"),
///         ReconnectEvent::Waiting { delay, error: None } => println!("connection lost; retry in {delay:?}"),
///         ReconnectEvent::Stopped { error } => println!("stopped: {error:#}"),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ReconnectEvent<'a> {
    /// An attempt begins.
    Connecting {
        /// The number of the attempt since the last connection, beginning with 1.
        attempt: u32,
    },
    /// An attempt opened a connection.
    Connected,
    /// An attempt failed, or a connection ended. The next attempt begins after a delay.
    Waiting {
        /// The time until the next attempt.
        delay: Duration,
        /// The error of the attempt; `None` after a connection.
        error: Option<&'a Error>,
    },
    /// An attempt failed, and no other attempt follows.
    Stopped {
        /// The error of the attempt, which [`next`](Reconnect::next) returns.
        error: &'a Error,
    },
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    /// The next attempt begins at this time, or at once.
    Waiting(Option<Instant>),
    /// The last attempt opened a connection at this time.
    Connected(Instant),
}

/// Connects to a server, and reconnects each time [`next`](Reconnect::next) is called, on the runtime `R`.
///
/// `sockeye::reconnect` is the same function with the runtime filled in.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use sockeye::{client::reconnect, tokio::Tokio};
///
/// let mut connections = reconnect::<Tokio, _>("ws://localhost:8765");
/// let ws = connections.next().await?;
/// # Ok(())
/// # }
/// ```
pub fn reconnect<R: Sockets, U>(uri: U) -> Reconnect<R>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    let connect: Connect<R, _> = connect(uri);
    connect.reconnect()
}

impl<R> Reconnect<R> {
    pub(crate) fn new(
        target: Result<Target, Error>,
        plan: ConnectPlan,
        open_timeout: Option<Duration>,
    ) -> Self {
        let (target, config_error) = match target {
            Ok(target) => (Some(target), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            target,
            config_error,
            plan,
            open_timeout,
            backoff: Backoff::default(),
            stable: Duration::from_secs(10),
            max_attempts: None,
            retry_if: Box::new(Error::is_retryable),
            on_event: None,
            progress: Progress::Waiting(None),
            failures: 0,
            runtime: PhantomData,
        }
    }

    /// Sets the limits of the delay before an attempt: `first` (1 second by default), which doubles up to `cap` (60 seconds by
    /// default).
    ///
    /// The delay is a random part of the limit. It never exceeds a day.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    ///
    /// let mut connections = sockeye::reconnect("ws://localhost:8765")
    ///     .backoff(Duration::from_millis(100), Duration::from_secs(10));
    /// let ws = connections.next().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backoff(mut self, first: Duration, cap: Duration) -> Self {
        (self.backoff.first, self.backoff.cap) = (first, cap);
        self
    }

    /// Sets the lifetime of a connection after which the delay begins with the first limit again. The default is 10 seconds.
    ///
    /// The lifetime is the time between two calls of [`next`](Self::next).
    pub fn stable_after(mut self, time: Duration) -> Self {
        self.stable = time;
        self
    }

    /// Sets the number of failed attempts in a row after which the client stops. The default is `None`, which is no limit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let mut connections = sockeye::reconnect("ws://localhost:8765").max_attempts(3);
    /// match connections.next().await {
    ///     Ok(ws) => println!("{ws:?}"),
    ///     Err(error) => println!("three attempts failed, the last one with: {error:#}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_attempts(mut self, max: impl Into<Option<u32>>) -> Self {
        self.max_attempts = max.into();
        self
    }

    /// Sets a function that decides, after each failed attempt, whether another one follows. The default is
    /// [`Error::is_retryable`].
    ///
    /// The function does not see the end of an open connection, which the connection itself reports. To stop after such an end,
    /// do not call [`next`](Self::next) again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::{Error, error::HandshakeError, http::StatusCode};
    ///
    /// // The server responds with 403 until an account has been activated.
    /// let is_forbidden = |error: &Error| {
    ///     matches!(error, Error::Handshake(HandshakeError::InvalidStatus(error))
    ///         if error.status_code == StatusCode::FORBIDDEN)
    /// };
    /// let mut connections = sockeye::reconnect("wss://example.com/feed")
    ///     .retry_if(move |error| error.is_retryable() || is_forbidden(error));
    /// let ws = connections.next().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_if(mut self, decide: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.retry_if = Box::new(decide);
        self
    }

    /// Sets a function that observes attempts, connections and delays, for example to log them.
    ///
    /// The client calls it while [`next`](Self::next) runs, so it must not block.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let mut connections =
    ///     sockeye::reconnect("ws://localhost:8765").on_event(|event| println!("{event:?}"));
    /// let ws = connections.next().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_event(mut self, notify: impl Fn(ReconnectEvent<'_>) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(notify));
        self
    }

    fn notify(&self, change: ReconnectEvent<'_>) {
        if let Some(notify) = &self.on_event {
            notify(change);
        }
    }
}

impl<R: Sockets> Reconnect<R> {
    /// Opens the next connection: the first one at once, the others after a delay. Returns `None` after an error.
    ///
    /// # Errors
    ///
    /// Returns the error of an attempt after which no other one follows: a non-retryable error, or that of the last attempt
    /// that [`max_attempts`](Self::max_attempts) allows. Returns the error of an invalid URI or option at the first call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an attempt in progress is abandoned, and a delay in progress continues at the next call.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let mut connections = sockeye::reconnect("ws://localhost:8765");
    /// while let Some(mut ws) = connections.next().await? {
    ///     while let Ok(message) = ws.recv().await {
    ///         println!("{message:?}");
    ///     }
    ///     println!("the connection ended: {:#}", ws.outcome());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Result<Option<WebSocket<R::Stream, R>>, Error> {
        if let Progress::Connected(since) = self.progress {
            if R::now().saturating_duration_since(since) >= self.stable {
                self.backoff.reset();
            }
            self.wait(None)?;
        }
        loop {
            if self.target.is_none() {
                return self.config_error.take().map_or(Ok(None), Err);
            }
            if let Progress::Waiting(Some(until)) = self.progress {
                R::sleep_until(until).await;
                self.progress = Progress::Waiting(None);
            }
            self.notify(ReconnectEvent::Connecting { attempt: self.failures.saturating_add(1) });
            let Some(target) = &mut self.target else { continue };
            let deadline = Deadline::after::<R>(self.open_timeout);
            let error = match self.plan.connect::<R>(target, deadline).await {
                Ok(ws) => {
                    self.failures = 0;
                    self.progress = Progress::Connected(R::now());
                    self.notify(ReconnectEvent::Connected);
                    return Ok(Some(ws));
                }
                Err(error) => error,
            };
            self.failures = self.failures.saturating_add(1);
            let is_last = self.max_attempts.is_some_and(|max| self.failures >= max);
            if is_last || !(self.retry_if)(&error) {
                self.target = None;
                self.notify(ReconnectEvent::Stopped { error: &error });
                return Err(error);
            }
            self.wait(Some(&error))?;
        }
    }

    /// Chooses the delay before the next attempt.
    fn wait(&mut self, error: Option<&Error>) -> Result<(), Error> {
        let retry_after = error.and_then(Error::retry_after);
        let delay = self.backoff.next(random::fraction()?, retry_after);
        self.progress = Progress::Waiting(Some(R::now() + delay));
        self.notify(ReconnectEvent::Waiting { delay, error });
        Ok(())
    }
}

impl<R> fmt::Debug for Reconnect<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnect")
            .field("target", &self.target)
            .field("backoff", &self.backoff)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
