//! Keepalive: periodic pings that detect a peer that is gone.

use std::{
    mem,
    time::{Duration, Instant},
};

use crate::Config;

/// The deadlines of the keepalive pings.
///
/// A ping is sent in each interval. Afterwards the peer must send any byte before the ping timeout: a pong or anything else.
#[derive(Debug, Default)]
pub(super) struct Keepalive {
    stopped: bool,
    deadline: Option<Instant>,
    /// Whether the deadline is that of a ping timeout, and not the time of the next ping.
    pinged: bool,
    /// Whether bytes were received since the last ping.
    alive: bool,
}

/// The action that is due at a deadline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    None,
    SendPing,
    /// The peer has sent nothing since the last ping: the connection has failed.
    TimedOut,
}

impl Keepalive {
    /// Starts the first interval, unless it has started.
    pub(super) fn start(&mut self, now: Instant, config: &Config) {
        if self.deadline.is_none() && !self.stopped {
            self.deadline = interval(config).and_then(|interval| now.checked_add(interval));
        }
    }

    /// Stops the keepalive, because the closing handshake begins.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.deadline = None;
    }

    /// Records that bytes were received.
    #[inline]
    pub(super) fn handle_received(&mut self) {
        self.alive = true;
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Returns the action that is due at the time `now`. A caller that is not `reading` cannot know that the peer is silent.
    pub(super) fn handle_timeout(
        &mut self,
        now: Instant,
        reading: bool,
        config: &Config,
    ) -> Action {
        let (Some(interval), Some(reached)) = (interval(config), self.deadline) else {
            return Action::None;
        };
        if now < reached {
            return Action::None;
        }
        let timeout = config.ping_timeout.unwrap_or(interval);
        if mem::take(&mut self.pinged) {
            if reading && !self.alive && config.ping_timeout.is_some() {
                self.stop();
                return Action::TimedOut;
            }
            // The interval counts from ping to ping, independently of the timeout.
            let pinged = reached.checked_sub(timeout);
            if let Some(next) = pinged.and_then(|pinged| pinged.checked_add(interval))
                && now < next
            {
                self.deadline = Some(next);
                return Action::None;
            }
        }
        self.pinged = true;
        self.alive = false;
        self.deadline = now.checked_add(timeout);
        Action::SendPing
    }
}

/// Returns the time between two pings, which is never zero: the task would do nothing but send pings.
fn interval(config: &Config) -> Option<Duration> {
    config.ping_interval.map(|interval| interval.max(MIN_INTERVAL))
}

/// The shortest interval between two pings.
const MIN_INTERVAL: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Action, Keepalive};
    use crate::Config;

    fn config(interval: Option<Duration>, timeout: Option<Duration>) -> Config {
        Config { ping_interval: interval, ping_timeout: timeout, ..Config::default() }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_times_out_after_the_interval_and_the_timeout() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(20 * SECOND), Some(10 * SECOND)), Keepalive::default());
        keepalive.start(start, &config);
        assert_eq!(keepalive.handle_timeout(start + 19 * SECOND, true, &config), Action::None);
        assert_eq!(keepalive.handle_timeout(start + 20 * SECOND, true, &config), Action::SendPing);
        assert_eq!(keepalive.poll_timeout(), Some(start + 30 * SECOND));
        assert_eq!(keepalive.handle_timeout(start + 30 * SECOND, true, &config), Action::TimedOut);
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
            assert_eq!(keepalive.handle_timeout(ping, true, &config), Action::SendPing, "{round}");
            keepalive.handle_received();
            assert_eq!(
                keepalive.handle_timeout(ping + 10 * SECOND, true, &config),
                Action::None,
                "{round}"
            );
            assert_eq!(keepalive.poll_timeout(), Some(ping + 20 * SECOND), "{round}");
        }
    }

    #[test]
    fn without_a_timeout_no_peer_times_out() {
        let start = Instant::now();
        let (config, mut keepalive) = (config(Some(SECOND), None), Keepalive::default());
        keepalive.start(start, &config);
        for round in 1..10 {
            assert_eq!(
                keepalive.handle_timeout(start + round * SECOND, true, &config),
                Action::SendPing
            );
        }
    }

    #[test]
    fn durations_beyond_all_clocks_mean_never() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(Duration::MAX), Some(Duration::MAX)), Keepalive::default());
        keepalive.start(start, &config);
        assert_eq!(keepalive.poll_timeout(), None);
        assert_eq!(keepalive.handle_timeout(start + 1000 * SECOND, true, &config), Action::None);
    }

    #[test]
    fn a_caller_that_does_not_read_sends_pings_and_never_times_out() {
        let start = Instant::now();
        let (config, mut keepalive) =
            (config(Some(20 * SECOND), Some(10 * SECOND)), Keepalive::default());
        keepalive.start(start, &config);
        for round in 1..10 {
            let ping = start + 20 * round * SECOND;
            assert_eq!(keepalive.handle_timeout(ping, false, &config), Action::SendPing);
            let timeout = ping + 10 * SECOND;
            assert_eq!(keepalive.handle_timeout(timeout, false, &config), Action::None);
        }
    }
}
