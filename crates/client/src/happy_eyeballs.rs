//! The order and timing of connection attempts (Happy Eyeballs): [RFC 8305 §5](https://www.rfc-editor.org/rfc/rfc8305#section-5).

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// The addresses of a host that have not been tried, and the time of the next attempt.
#[derive(Debug)]
pub(crate) struct HappyEyeballs {
    waiting: VecDeque<SocketAddr>,
    next: Instant,
}

impl HappyEyeballs {
    /// Schedules attempts for `addresses`, which are in the resolver's order of preference.
    pub(crate) fn new(addresses: Vec<SocketAddr>, now: Instant) -> Self {
        Self { waiting: interleave(addresses), next: now }
    }

    /// Returns the address to try now, if an attempt is due.
    pub(crate) fn poll_start(&mut self, now: Instant) -> Option<SocketAddr> {
        if now < self.next {
            return None;
        }
        let address = self.waiting.pop_front()?;
        self.next = now + STAGGER;
        Some(address)
    }

    /// Returns the time of the next attempt, if addresses are left.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.next)
    }

    /// Records that an attempt failed: the next one is due at once (RFC 8305 §5).
    pub(crate) fn handle_failure(&mut self, now: Instant) {
        self.next = now;
    }
}

/// Alternates the address families, beginning with that of the preferred address (RFC 8305 §4).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let is_v6_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut turn, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == is_v6_first);
    let mut all = VecDeque::with_capacity(turn.len() + other.len());
    while let Some(address) = turn.pop_front().or_else(|| other.pop_front()) {
        all.push_back(address);
        std::mem::swap(&mut turn, &mut other);
    }
    all
}

/// The delay between two attempts (RFC 8305 §8).
const STAGGER: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, time::Duration, time::Instant};

    use super::HappyEyeballs;

    fn address(text: &str) -> SocketAddr {
        let ip = match text.as_bytes() {
            [b'4', n] => [192, 0, 2, *n].into(),
            [b'6', n] => [0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(*n)].into(),
            _ => panic!("no address: {text}"),
        };
        SocketAddr::new(ip, 80)
    }

    fn schedule(addresses: &str, now: Instant) -> HappyEyeballs {
        HappyEyeballs::new(addresses.split_whitespace().map(address).collect(), now)
    }

    #[test]
    fn the_families_take_turns_and_the_preferred_one_begins() {
        let table = [
            ("", ""),
            ("4a", "4a"),
            ("6a 6b 4a 4b", "6a 4a 6b 4b"),
            ("4a 6a", "4a 6a"),
            ("6a 6b 6c 4a", "6a 4a 6b 6c"),
            ("4a 4b 4c", "4a 4b 4c"),
            ("4a 6a 6b 6c 4b", "4a 6a 4b 6b 6c"),
        ];
        for (resolved, expected) in table {
            let mut now = Instant::now();
            let mut schedule = schedule(resolved, now);
            let mut order = Vec::new();
            while let Some(due) = schedule.poll_timeout() {
                now = due;
                order.push(schedule.poll_start(now).expect("it is due"));
            }
            let expected: Vec<_> = expected.split_whitespace().map(address).collect();
            assert_eq!(order, expected, "{resolved}");
            assert_eq!(schedule.poll_start(now + Duration::from_secs(1)), None);
        }
    }

    #[test]
    fn a_silent_address_costs_a_quarter_of_a_second() {
        let start = Instant::now();
        let mut schedule = schedule("6a 4a", start);
        assert_eq!(schedule.poll_start(start), Some(address("6a")));
        let due = start + Duration::from_millis(250);
        assert_eq!(schedule.poll_timeout(), Some(due));
        assert_eq!(schedule.poll_start(start + Duration::from_millis(249)), None);
        assert_eq!(schedule.poll_start(due), Some(address("4a")));
        assert_eq!(schedule.poll_timeout(), None);
    }

    #[test]
    fn a_failure_costs_nothing() {
        let start = Instant::now();
        let mut schedule = schedule("6a 4a 6b", start);
        assert_eq!(schedule.poll_start(start), Some(address("6a")));
        let now = start + Duration::from_millis(3);
        schedule.handle_failure(now);
        assert_eq!(schedule.poll_timeout(), Some(now));
        assert_eq!(schedule.poll_start(now), Some(address("4a")));
        // The one after it waits for its own quarter.
        assert_eq!(schedule.poll_start(now), None);
        assert_eq!(schedule.poll_timeout(), Some(now + Duration::from_millis(250)));
    }
}
