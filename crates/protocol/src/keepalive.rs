//! Keepalive: is the peer still there?

use std::{
    mem,
    time::{Duration, Instant},
};

use crate::Config;

/// The deadlines of the keepalive pings.
///
/// A ping goes out every interval. Once it is out, something must arrive in time: its pong, or anything else.
#[derive(Debug, Default)]
pub(crate) struct Keepalive {
    stopped: bool,
    /// When to look again.
    next: Option<Instant>,
    /// Whether that is when the time of a ping is over, and not when one is due.
    pinged: bool,
    /// Whether anything has arrived since the last ping.
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
    /// Starts the first interval, unless it has started.
    pub(crate) fn start(&mut self, now: Instant, config: &Config) {
        if self.next.is_none() && !self.stopped {
            self.next = interval(config).and_then(|interval| now.checked_add(interval));
        }
    }

    /// Ends the keepalive: the connection is closing.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.next = None;
    }

    /// Something arrived.
    #[inline]
    pub(crate) fn handle_received(&mut self) {
        self.alive = true;
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, config: &Config) -> Beat {
        let (Some(interval), Some(reached)) = (interval(config), self.next) else {
            return Beat::Wait;
        };
        if now < reached {
            return Beat::Wait;
        }
        let patience = config.ping_timeout.unwrap_or(interval);
        if mem::take(&mut self.pinged) {
            if !self.alive && config.ping_timeout.is_some() {
                self.stop();
                return Beat::Dead;
            }
            // The interval counts from ping to ping, however long the wait for the answer was allowed to be.
            let pinged = reached.checked_sub(patience);
            if let Some(next) = pinged.and_then(|pinged| pinged.checked_add(interval))
                && now < next
            {
                self.next = Some(next);
                return Beat::Wait;
            }
        }
        self.pinged = true;
        self.alive = false;
        self.next = now.checked_add(patience);
        Beat::Ping
    }
}

/// The time between two pings: never none at all, which would leave no time for anything else.
fn interval(config: &Config) -> Option<Duration> {
    config.ping_interval.map(|interval| interval.max(SHORTEST))
}

/// The shortest interval between two pings.
const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Beat, Keepalive};
    use crate::Config;

    fn config(interval: Option<Duration>, timeout: Option<Duration>) -> Config {
        Config { ping_interval: interval, ping_timeout: timeout, ..Config::default() }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_dead_after_the_interval_and_the_timeout() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(20 * SECOND), Some(10 * SECOND)), Keepalive::default());
        keepalive.start(start, &config);
        assert_eq!(keepalive.handle_timeout(start + 19 * SECOND, &config), Beat::Wait);
        assert_eq!(keepalive.handle_timeout(start + 20 * SECOND, &config), Beat::Ping);
        assert_eq!(keepalive.poll_timeout(), Some(start + 30 * SECOND));
        assert_eq!(keepalive.handle_timeout(start + 30 * SECOND, &config), Beat::Dead);
        assert_eq!(keepalive.poll_timeout(), None);
    }

    #[test]
    fn any_byte_is_a_sign_of_life_and_pings_keep_their_interval() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(20 * SECOND), Some(10 * SECOND)), Keepalive::default());
        keepalive.start(start, &config);
        for round in 1..100 {
            let ping = start + 20 * round * SECOND;
            assert_eq!(keepalive.handle_timeout(ping, &config), Beat::Ping, "{round}");
            keepalive.handle_received();
            assert_eq!(
                keepalive.handle_timeout(ping + 10 * SECOND, &config),
                Beat::Wait,
                "{round}"
            );
            assert_eq!(keepalive.poll_timeout(), Some(ping + 20 * SECOND), "{round}");
        }
    }

    #[test]
    fn without_a_timeout_nobody_dies() {
        let start = Instant::now();
        let (config, mut keepalive) = (config(Some(SECOND), None), Keepalive::default());
        keepalive.start(start, &config);
        for round in 1..10 {
            assert_eq!(keepalive.handle_timeout(start + round * SECOND, &config), Beat::Ping);
        }
    }

    #[test]
    fn durations_beyond_all_clocks_mean_never() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(Duration::MAX), Some(Duration::MAX)), Keepalive::default());
        keepalive.start(start, &config);
        assert_eq!(keepalive.poll_timeout(), None);
        assert_eq!(keepalive.handle_timeout(start + 1000 * SECOND, &config), Beat::Wait);
    }
}
