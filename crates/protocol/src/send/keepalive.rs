//! Keepalive: periodic pings that detect a peer that is gone.

use std::time::{Duration, Instant};

use crate::{Config, memory::Lazy};

/// The deadlines of the keepalive pings.
///
/// A ping is sent in each interval. After it has been written, the peer must send any byte before the ping timeout: a pong or
/// anything else. The timeout counts from the oldest ping without an answer.
#[derive(Debug, Default)]
pub(super) struct Keepalive {
    schedule: Schedule,
    /// The oldest ping without an answer.
    unanswered: Lazy<Unanswered>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Schedule {
    /// The opening handshake is not complete, or keepalive is disabled.
    #[default]
    Unscheduled,
    /// The next ping is due at this time.
    Next(Instant),
    /// The closing handshake has begun.
    Stopped,
}

/// A ping without an answer.
#[derive(Debug, Default)]
struct Unanswered {
    /// The number of bytes to write until the ping is written.
    unwritten: usize,
    /// The time by which the peer must send a byte; `None` before the ping is written, and without a timeout.
    deadline: Option<Instant>,
}

/// The action that is due at a deadline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    None,
    SendPing,
    /// The peer has sent nothing since a ping: the connection has failed.
    TimedOut,
}

/// The circumstances in which silence does not show that the peer is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Activity {
    /// Whether the caller reads from the transport. A caller that does not cannot know that the peer is silent.
    pub(super) reading: bool,
    /// Whether a write is blocked. The peer receives no ping before the write continues, and the write timeout applies.
    pub(super) blocked: bool,
}

impl Keepalive {
    /// Starts the first interval, unless it has started.
    pub(super) fn start(&mut self, now: Instant, config: &Config) {
        if self.schedule == Schedule::Unscheduled {
            let next = interval(config).and_then(|interval| now.checked_add(interval));
            self.schedule = next.into();
        }
    }

    /// Stops the keepalive, because the closing handshake begins.
    pub(super) fn stop(&mut self) {
        self.schedule = Schedule::Stopped;
        self.unanswered.take();
    }

    /// Records that bytes were received, which answer all pings.
    #[inline]
    pub(super) fn handle_received(&mut self) {
        if !self.unanswered.is_none() {
            self.unanswered.take();
        }
    }

    /// Records that a ping is queued, and will be written with the next `unwritten` bytes.
    pub(super) fn handle_ping(&mut self, unwritten: usize) {
        if self.unanswered.is_none() {
            self.unanswered.get_or_insert().unwritten = unwritten;
        }
    }

    /// Returns whether a ping has no answer yet.
    #[inline]
    pub(super) fn is_unanswered(&self) -> bool {
        !self.unanswered.is_none()
    }

    /// Records that `len` bytes were written. `unblocked` says that the transport had refused bytes before: the peer has read
    /// then, which shows that it is alive.
    pub(super) fn handle_transmitted(
        &mut self,
        now: Instant,
        len: usize,
        unblocked: bool,
        config: &Config,
    ) {
        let Some(ping) = self.unanswered.get_mut() else { return };
        let was_unwritten = ping.unwritten > 0;
        ping.unwritten = ping.unwritten.saturating_sub(len);
        if ping.unwritten == 0 && (was_unwritten || unblocked) {
            ping.deadline = deadline(now, config);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let Schedule::Next(next) = self.schedule else { return None };
        match self.unanswered.get().and_then(|ping| ping.deadline) {
            Some(deadline) => Some(deadline.min(next)),
            None => Some(next),
        }
    }

    /// Returns the action that is due at the time `now`.
    pub(super) fn handle_timeout(
        &mut self,
        now: Instant,
        activity: Activity,
        config: &Config,
    ) -> Action {
        let Schedule::Next(next) = self.schedule else { return Action::None };
        if let Some(ping) = self.unanswered.get_mut()
            && ping.deadline.is_some_and(|deadline| deadline <= now)
        {
            if activity.reading && !activity.blocked {
                self.stop();
                return Action::TimedOut;
            }
            ping.deadline = deadline(now, config);
        }
        if now < next {
            return Action::None;
        }
        // The interval counts from ping to ping, unless the task was late by a whole one.
        let interval = interval(config);
        let after = |start: Instant| interval.and_then(|interval| start.checked_add(interval));
        let next = after(next).filter(|&next| now < next).or_else(|| after(now));
        self.schedule = next.into();
        // A ping behind a blocked write would only wait, and pings must not accumulate.
        if activity.blocked { Action::None } else { Action::SendPing }
    }
}

impl From<Option<Instant>> for Schedule {
    fn from(next: Option<Instant>) -> Self {
        next.map_or(Self::Unscheduled, Self::Next)
    }
}

/// Returns the time between two pings, which is never zero: the task would do nothing but send pings.
fn interval(config: &Config) -> Option<Duration> {
    config.ping_interval.map(|interval| interval.max(MIN_INTERVAL))
}

/// Returns the end of a ping timeout that begins now. It is never `now`: a task whose write is blocked, and to which the timeout
/// does not apply, would handle it again and again.
fn deadline(now: Instant, config: &Config) -> Option<Instant> {
    config.ping_timeout.and_then(|timeout| now.checked_add(timeout.max(MIN_INTERVAL)))
}

/// The shortest interval between two pings, and the shortest timeout.
const MIN_INTERVAL: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Action, Activity, Keepalive};
    use crate::Config;

    const SECOND: Duration = Duration::from_secs(1);

    const READING: Activity = Activity { reading: true, blocked: false };

    /// The keepalive of a connection, whose pings are written at once unless a test writes them.
    struct Test {
        keepalive: Keepalive,
        config: Config,
        start: Instant,
    }

    impl Test {
        fn new(interval: Duration, timeout: impl Into<Option<Duration>>) -> Self {
            let config = Config::default().ping_interval(interval).ping_timeout(timeout);
            let (mut keepalive, start) = (Keepalive::default(), Instant::now());
            keepalive.start(start, &config);
            Self { keepalive, config, start }
        }

        fn at(&mut self, second: u32, activity: Activity) -> Action {
            self.keepalive.handle_timeout(self.start + second * SECOND, activity, &self.config)
        }

        fn write(&mut self, second: u32, len: usize, unblocked: bool) {
            let now = self.start + second * SECOND;
            self.keepalive.handle_transmitted(now, len, unblocked, &self.config);
        }

        /// Expects a ping, and writes it.
        fn ping(&mut self, second: u32, activity: Activity) {
            assert_eq!(self.at(second, activity), Action::SendPing, "at {second} s");
            self.keepalive.handle_ping(6);
            self.write(second, 6, false);
        }

        fn timeout(&self) -> Option<Duration> {
            self.keepalive.poll_timeout().map(|timeout| timeout - self.start)
        }
    }

    #[test]
    fn a_silent_peer_times_out_after_the_interval_and_the_timeout() {
        let mut test = Test::new(20 * SECOND, 10 * SECOND);
        assert_eq!(test.at(19, READING), Action::None);
        test.ping(20, READING);
        assert_eq!(test.timeout(), Some(30 * SECOND));
        assert_eq!(test.at(30, READING), Action::TimedOut);
        assert_eq!(test.timeout(), None);
    }

    #[test]
    fn any_byte_is_a_sign_of_life_and_pings_keep_their_interval() {
        let mut test = Test::new(20 * SECOND, 10 * SECOND);
        for round in 1..100 {
            test.ping(20 * round, READING);
            test.keepalive.handle_received();
            assert_eq!(test.timeout(), Some(20 * (round + 1) * SECOND));
            assert_eq!(test.at(20 * round + 10, READING), Action::None);
        }
    }

    #[test]
    fn a_timeout_longer_than_the_interval_does_not_delay_pings() {
        let mut test = Test::new(2 * SECOND, 20 * SECOND);
        for second in (2..=20).step_by(2) {
            test.ping(second, READING);
        }
        assert_eq!(test.at(21, READING), Action::None);
        assert_eq!(test.at(22, READING), Action::TimedOut, "20 s after the oldest ping");
    }

    #[test]
    fn the_timeout_counts_from_the_oldest_ping_without_an_answer() {
        let mut test = Test::new(2 * SECOND, 3 * SECOND);
        test.ping(2, READING);
        test.keepalive.handle_received();
        test.ping(4, READING);
        test.ping(6, READING);
        assert_eq!(test.timeout(), Some(7 * SECOND));
        assert_eq!(test.at(7, READING), Action::TimedOut);
    }

    #[test]
    fn the_timeout_starts_when_the_ping_is_written() {
        let mut test = Test::new(SECOND, SECOND);
        assert_eq!(test.at(1, READING), Action::SendPing);
        test.keepalive.handle_ping(100);
        test.write(5, 99, false);
        assert_eq!(test.at(6, READING), Action::SendPing);
        test.write(6, 1, false);
        assert_eq!(test.timeout(), Some(7 * SECOND));
        assert_eq!(test.at(7, READING), Action::TimedOut);
    }

    #[test]
    fn progress_of_a_blocked_write_is_a_sign_of_life() {
        let blocked = Activity { reading: true, blocked: true };
        let mut test = Test::new(SECOND, SECOND);
        test.ping(1, READING);
        for second in 2..50 {
            assert_eq!(test.at(second, blocked), Action::None, "the write timeout applies");
        }
        test.write(50, 1000, true);
        assert_eq!(test.timeout(), Some(50 * SECOND), "of the next ping");
        test.ping(50, READING);
        assert_eq!(test.at(51, READING), Action::TimedOut);
    }

    #[test]
    fn writes_to_a_peer_that_need_not_read_are_no_sign_of_life() {
        let mut test = Test::new(SECOND, 5 * SECOND);
        test.ping(1, READING);
        for second in 2..6 {
            test.ping(second, READING);
            test.write(second, 1000, false);
        }
        assert_eq!(test.at(6, READING), Action::TimedOut);
    }

    #[test]
    fn a_late_task_sends_one_ping_for_all_intervals_that_passed() {
        let mut test = Test::new(SECOND, None);
        test.ping(10, READING);
        assert_eq!(test.timeout(), Some(11 * SECOND));
    }

    #[test]
    fn without_a_timeout_no_peer_times_out() {
        let mut test = Test::new(SECOND, None);
        for round in 1..10 {
            test.ping(round, READING);
        }
    }

    #[test]
    fn a_timeout_of_zero_does_not_keep_a_blocked_task_awake() {
        let blocked = Activity { reading: true, blocked: true };
        let mut test = Test::new(10 * SECOND, Duration::ZERO);
        test.ping(10, READING);
        assert_eq!(test.at(11, blocked), Action::None);
        assert!(test.timeout() > Some(11 * SECOND), "{:?}", test.timeout());
    }

    #[test]
    fn durations_beyond_all_clocks_mean_never() {
        let mut test = Test::new(Duration::MAX, Duration::MAX);
        assert_eq!(test.timeout(), None);
        assert_eq!(test.at(1000, READING), Action::None);
        let mut test = Test::new(SECOND, Duration::MAX);
        test.ping(1, READING);
        assert_eq!(test.timeout(), Some(2 * SECOND));
    }

    #[test]
    fn a_caller_that_does_not_read_sends_pings_and_never_times_out() {
        let writing = Activity { reading: false, blocked: false };
        let mut test = Test::new(20 * SECOND, 10 * SECOND);
        for round in 1..10 {
            test.ping(20 * round, writing);
            assert_eq!(test.at(20 * round + 10, writing), Action::None);
        }
    }

    #[test]
    fn a_connection_that_closes_has_no_keepalive() {
        let mut test = Test::new(SECOND, SECOND);
        test.ping(1, READING);
        test.keepalive.stop();
        test.keepalive.start(test.start, &test.config);
        assert_eq!((test.timeout(), test.at(2, READING)), (None, Action::None));
    }
}
