//! Pings that wait for their pongs: [RFC 6455 §5.5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3).

use std::{
    collections::VecDeque,
    num::NonZero,
    time::{Duration, Instant},
};

use bytes::Bytes;

/// The pings that were sent and not answered, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    #[expect(clippy::box_collection, reason = "there is none nearly always, and a box is smaller")]
    waiting: Option<Box<VecDeque<Ping>>>,
    next_id: u64,
    /// One more than the nanoseconds of the last pong, which may be none: so that this is half as large as with a duration.
    latency: Option<NonZero<u64>>,
}

#[derive(Debug)]
struct Ping {
    id: PingId,
    payload: Bytes,
    sent: Instant,
}

/// Tells one ping of a connection from the others; later ones are greater.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PingId(u64);

/// A pong came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Pong {
    /// The ping that it answers. All earlier ones are answered with it (§5.5.3).
    pub id: PingId,
    /// The time from that ping to this pong.
    pub latency: Duration,
}

impl Pings {
    /// Remembers a ping. With an empty payload, or that of another waiting one, the oldest match counts.
    pub(crate) fn sent(&mut self, now: Instant, payload: Bytes) -> PingId {
        let id = PingId(self.next_id);
        self.next_id += 1;
        // Whoever pings without ever being answered does not want to know them all.
        let waiting = self.waiting.get_or_insert_default();
        if waiting.len() == MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(Ping { id, payload, sent: now });
        id
    }

    /// The ping that a pong with this payload answers; `None` for an unsolicited one.
    pub(crate) fn acknowledged(&mut self, now: Instant, payload: &[u8]) -> Option<Pong> {
        let waiting = self.waiting.as_mut()?;
        let index = waiting.iter().position(|ping| ping.payload == payload)?;
        for _ in 0..index {
            waiting.pop_front();
        }
        let ping = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting = None;
        }
        let latency = now.saturating_duration_since(ping.sent);
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency = NonZero::new(nanos.saturating_add(1));
        Some(Pong { id: ping.id, latency })
    }

    /// The payload for the next keepalive ping: unlike that of any other.
    pub(crate) fn fresh_payload(&self) -> Bytes {
        Bytes::copy_from_slice(&self.next_id.to_be_bytes())
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        self.latency.map(|nanos| Duration::from_nanos(nanos.get() - 1))
    }
}

/// The most pings that are remembered.
const MAX_WAITING: usize = 1024;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::Bytes;

    use super::Pings;

    #[test]
    fn a_pong_answers_its_ping_and_all_before_it() {
        let start = Instant::now();
        let mut pings = Pings::default();
        let ids: Vec<_> =
            (0..4_u8).map(|n| pings.sent(start, Bytes::copy_from_slice(&[n]))).collect();
        let pong = pings.acknowledged(start + Duration::from_millis(7), &[2]).expect("known");
        assert_eq!((pong.id, pong.latency), (ids[2], Duration::from_millis(7)));
        assert_eq!(pings.latency(), Some(pong.latency));
        assert_eq!(pings.acknowledged(start, &[1]), None);
        assert_eq!(pings.acknowledged(start, &[3]).map(|pong| pong.id), Some(ids[3]));
    }

    #[test]
    fn a_pong_that_takes_no_time_has_a_latency() {
        let start = Instant::now();
        let mut pings = Pings::default();
        assert_eq!(pings.latency(), None);
        pings.sent(start, Bytes::new());
        pings.acknowledged(start, b"").expect("known");
        assert_eq!(pings.latency(), Some(Duration::ZERO));
    }

    #[test]
    fn an_unsolicited_pong_answers_nothing() {
        let mut pings = Pings::default();
        assert_eq!(pings.acknowledged(Instant::now(), b"x"), None);
        assert_eq!(pings.latency(), None);
    }
}
