//! Pings that wait for their pongs: [RFC 6455 §5.5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3).

use std::{
    collections::VecDeque,
    num::NonZero,
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::memory::Lazy;

/// The pings that were sent and not answered, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pings {
    waiting: Lazy<VecDeque<Ping>>,
    next_id: u64,
    /// The latency in nanoseconds plus one, which takes half the memory of an `Option<Duration>`.
    latency: Option<NonZero<u64>>,
}

#[derive(Debug)]
struct Ping {
    id: PingId,
    payload: Bytes,
    sent: Instant,
}

/// The id of a ping, unique on its connection. Later pings have greater ids.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PingId(u64);

/// A pong that answers a ping of this endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Pong {
    /// The ping that it answers. It answers all earlier pings as well (§5.5.3).
    pub id: PingId,
    /// The time from the ping to the pong.
    pub latency: Duration,
}

impl Pings {
    /// Stores a ping. If several waiting pings have the same payload, a pong answers the oldest one.
    pub(super) fn insert(&mut self, now: Instant, payload: Bytes) -> PingId {
        let id = PingId(self.next_id);
        self.next_id += 1;
        // A peer that never answers must not make the list grow without limit.
        let waiting = self.waiting.get_or_insert();
        if waiting.len() == MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(Ping { id, payload, sent: now });
        id
    }

    /// Stores a keepalive ping. Only few are kept, because a peer that answers none must not make the list long: each pong
    /// searches it.
    pub(super) fn insert_keepalive(&mut self, now: Instant, payload: Bytes) {
        self.insert(now, payload);
        let Some(waiting) = self.waiting.get_mut() else { return };
        let is_keepalive = |ping: &Ping| ping.payload[..] == ping.id.0.to_be_bytes();
        if waiting.iter().filter(|ping| is_keepalive(ping)).count() > MAX_KEEPALIVE
            && let Some(oldest) = waiting.iter().position(is_keepalive)
        {
            waiting.remove(oldest);
        }
    }

    /// Returns the ping that a pong with this payload answers; `None` if the pong is unsolicited.
    pub(super) fn acknowledge(&mut self, now: Instant, payload: &[u8]) -> Option<Pong> {
        let waiting = self.waiting.get_mut()?;
        let index = waiting.iter().position(|ping| ping.payload == payload)?;
        for _ in 0..index {
            waiting.pop_front();
        }
        let ping = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.take();
        }
        let latency = now.saturating_duration_since(ping.sent);
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency = NonZero::new(nanos.saturating_add(1));
        Some(Pong { id: ping.id, latency })
    }

    /// Returns a payload for the next keepalive ping that differs from those of earlier ones.
    pub(super) fn unique_payload(&self) -> Bytes {
        Bytes::copy_from_slice(&self.next_id.to_be_bytes())
    }

    /// Returns the latency of the last ping that was answered.
    pub(super) fn latency(&self) -> Option<Duration> {
        self.latency.map(|nanos| Duration::from_nanos(nanos.get() - 1))
    }
}

/// The greatest number of pings that are stored.
const MAX_WAITING: usize = 1024;

/// The greatest number of keepalive pings that are stored.
const MAX_KEEPALIVE: usize = 8;

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        time::{Duration, Instant},
    };

    use bytes::Bytes;

    use super::Pings;

    #[test]
    fn a_pong_answers_its_ping_and_all_before_it() {
        let start = Instant::now();
        let mut pings = Pings::default();
        let ids: Vec<_> =
            (0..4_u8).map(|n| pings.insert(start, Bytes::copy_from_slice(&[n]))).collect();
        let pong = pings.acknowledge(start + Duration::from_millis(7), &[2]).expect("known");
        assert_eq!((pong.id, pong.latency), (ids[2], Duration::from_millis(7)));
        assert_eq!(pings.latency(), Some(pong.latency));
        assert_eq!(pings.acknowledge(start, &[1]), None);
        assert_eq!(pings.acknowledge(start, &[3]).map(|pong| pong.id), Some(ids[3]));
    }

    #[test]
    fn a_pong_that_takes_no_time_has_a_latency() {
        let start = Instant::now();
        let mut pings = Pings::default();
        assert_eq!(pings.latency(), None);
        pings.insert(start, Bytes::new());
        pings.acknowledge(start, b"").expect("known");
        assert_eq!(pings.latency(), Some(Duration::ZERO));
    }

    #[test]
    fn an_unsolicited_pong_answers_nothing() {
        let mut pings = Pings::default();
        assert_eq!(pings.acknowledge(Instant::now(), b"x"), None);
        assert_eq!(pings.latency(), None);
    }

    #[test]
    fn few_keepalive_pings_are_kept_and_all_pings_of_the_application() {
        let start = Instant::now();
        let mut pings = Pings::default();
        pings.insert(start, Bytes::from_static(b"application"));
        let payloads: Vec<Bytes> = (0..1000)
            .map(|_| {
                let payload = pings.unique_payload();
                pings.insert_keepalive(start, payload.clone());
                payload
            })
            .collect();
        assert_eq!(pings.waiting.get().map(VecDeque::len), Some(9));
        assert!(pings.acknowledge(start, b"application").is_some());
        assert!(pings.acknowledge(start, &payloads[999]).is_some());
    }
}
