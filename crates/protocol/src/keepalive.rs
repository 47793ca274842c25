//! Keepalive: is the peer still there?

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::Config;

/// The deadlines of the keepalive pings.
///
/// A ping goes out every interval. Once it is out, something must arrive in time: its pong, or anything else.
#[derive(Debug)]
pub(crate) struct Keepalive {
    config: Arc<Config>,
    stopped: bool,
    /// When to look again.
    next: Option<Instant>,
    /// When the last ping went out, if its time is not over.
    pinged: Option<Instant>,
    /// Whether anything has arrived since.
    alive: bool,
}

/// What is to be done when a deadline of the keepalive is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Beat {
    /// Nothing yet.
    Wait,
    /// Send a ping.
    Ping,
    /// The peer has been silent for too long.
    Dead,
}

impl Keepalive {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self { config, stopped: false, next: None, pinged: None, alive: false }
    }

    /// Starts the first interval, unless it has started.
    pub(crate) fn start(&mut self, now: Instant) {
        if self.next.is_none() && !self.stopped {
            self.next = self.interval().and_then(|interval| now.checked_add(interval));
        }
    }

    /// Ends the keepalive: the connection is closing.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.next = None;
        self.pinged = None;
    }

    /// Something arrived.
    #[inline]
    pub(crate) fn handle_received(&mut self) {
        self.alive = true;
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Beat {
        let Some(interval) = self.interval() else { return Beat::Wait };
        if self.stopped || self.next.is_none_or(|next| now < next) {
            return Beat::Wait;
        }
        if let Some(pinged) = self.pinged.take() {
            if !self.alive && self.config.ping_timeout.is_some() {
                self.stop();
                return Beat::Dead;
            }
            // The interval counts from ping to ping, however long the wait for the answer was allowed to be.
            if let Some(next) = pinged.checked_add(interval)
                && now < next
            {
                self.next = Some(next);
                return Beat::Wait;
            }
        }
        self.pinged = Some(now);
        self.alive = false;
        self.next = now.checked_add(self.config.ping_timeout.unwrap_or(interval));
        Beat::Ping
    }

    /// The time between two pings: never none at all, which would leave no time for anything else.
    fn interval(&self) -> Option<Duration> {
        self.config.ping_interval.map(|interval| interval.max(SHORTEST))
    }
}

/// The shortest interval between two pings.
const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Beat, Keepalive};
    use crate::Config;

    fn keepalive(interval: Option<Duration>, timeout: Option<Duration>) -> Keepalive {
        let config = Config { ping_interval: interval, ping_timeout: timeout, ..Config::default() };
        Keepalive::new(config.into())
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_dead_after_the_interval_and_the_timeout() {
        let start = Instant::now();
        let mut keepalive = keepalive(Some(20 * SECOND), Some(10 * SECOND));
        keepalive.start(start);
        assert_eq!(keepalive.handle_timeout(start + 19 * SECOND), Beat::Wait);
        assert_eq!(keepalive.handle_timeout(start + 20 * SECOND), Beat::Ping);
        assert_eq!(keepalive.poll_timeout(), Some(start + 30 * SECOND));
        assert_eq!(keepalive.handle_timeout(start + 30 * SECOND), Beat::Dead);
        assert_eq!(keepalive.poll_timeout(), None);
    }

    #[test]
    fn any_byte_is_a_sign_of_life_and_pings_keep_their_interval() {
        let start = Instant::now();
        let mut keepalive = keepalive(Some(20 * SECOND), Some(10 * SECOND));
        keepalive.start(start);
        for round in 1..100 {
            let ping = start + 20 * round * SECOND;
            assert_eq!(keepalive.handle_timeout(ping), Beat::Ping, "{round}");
            keepalive.handle_received();
            assert_eq!(keepalive.handle_timeout(ping + 10 * SECOND), Beat::Wait, "{round}");
            assert_eq!(keepalive.poll_timeout(), Some(ping + 20 * SECOND), "{round}");
        }
    }

    #[test]
    fn without_a_timeout_nobody_dies() {
        let start = Instant::now();
        let mut keepalive = keepalive(Some(SECOND), None);
        keepalive.start(start);
        for round in 1..10 {
            assert_eq!(keepalive.handle_timeout(start + round * SECOND), Beat::Ping);
        }
    }

    #[test]
    fn durations_beyond_all_clocks_mean_never() {
        let start = Instant::now();
        let mut keepalive = keepalive(Some(Duration::MAX), Some(Duration::MAX));
        keepalive.start(start);
        assert_eq!(keepalive.poll_timeout(), None);
        assert_eq!(keepalive.handle_timeout(start + 1000 * SECOND), Beat::Wait);
    }
}
