//! An endless supply of connections: [RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3).

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

/// A client that connects again and again. Made by [`reconnect`], and by [`Connect::reconnect`].
///
/// Between two connections it waits, the longer the more attempts were in vain: a random part of a limit that doubles.
#[must_use = "nothing happens before `next`"]
pub struct Reconnect<R> {
    /// Where to go; after the end, nowhere.
    target: Option<Target>,
    /// A config_error in the settings, until it is told.
    config_error: Option<Error>,
    plan: ConnectPlan,
    open_timeout: Option<Duration>,
    backoff: Backoff,
    stable: Duration,
    max_attempts: Option<u32>,
    retry_if: Box<RetryPredicate>,
    on_event: Option<Box<EventHook>>,
    progress: Progress,
    /// Attempts in a row that failed.
    failures: u32,
    runtime: PhantomData<fn() -> R>,
}

type RetryPredicate = dyn Fn(&Error) -> bool + Send + Sync;
type EventHook = dyn Fn(ReconnectEvent<'_>) + Send + Sync;

/// What happens to a [`Reconnect`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ReconnectEvent<'a> {
    /// An attempt begins.
    Connecting {
        /// Which one it is since the last connection: 1 for the first.
        attempt: u32,
    },
    /// There is a connection.
    Connected,
    /// An attempt failed, or a connection ended; the next attempt begins after a delay.
    Waiting {
        /// How long.
        delay: Duration,
        /// Why the attempt failed; nothing if there was a connection.
        error: Option<&'a Error>,
    },
    /// An attempt failed, and there will be no other one.
    Stopped {
        /// Why.
        error: &'a Error,
    },
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    /// The next attempt is due at this time, or at once.
    Waiting(Option<Instant>),
    /// The last attempt led to a connection, at this time.
    Connected(Instant),
}

/// Connects to a server again and again.
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

    /// Sets the limits of the delay: of the first one, 1 second by default, and what it doubles up to, 60 seconds by
    /// default. No delay is longer than a day.
    pub fn backoff(mut self, first: Duration, cap: Duration) -> Self {
        (self.backoff.first, self.backoff.cap) = (first, cap);
        self
    }

    /// Sets how long a connection has to live for the backoff to begin anew; 10 seconds by default.
    pub fn stable_after(mut self, time: Duration) -> Self {
        self.stable = time;
        self
    }

    /// Gives up after so many attempts in a row have failed; never by default.
    pub fn max_attempts(mut self, max: impl Into<Option<u32>>) -> Self {
        self.max_attempts = max.into();
        self
    }

    /// Decides after each attempt that failed whether there is to be another one; [`Error::is_retryable`] by default.
    ///
    /// Why a connection ended that there was is told by the connection itself: who does not want another one does not call
    /// [`next`](Self::next).
    pub fn retry_if(mut self, decide: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.retry_if = Box::new(decide);
        self
    }

    /// Calls a function whenever something happens.
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
    /// The next connection: the first one at once, the others after a delay. `None` after an error, which is the end.
    ///
    /// How long the last connection was in use is the time since this method returned it.
    ///
    /// # Errors
    ///
    /// That of the last attempt, when there is to be no other one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an attempt under way is given up, a delay under way goes on.
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
