//! The delay before the next attempt: [RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3).

use std::time::Duration;

/// Delays with exponential growth and full jitter: a random part of a limit that doubles up to a cap.
///
/// The random number is an argument, so that tests are deterministic.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    /// The limit of the first delay.
    pub(crate) first: Duration,
    /// The greatest limit.
    pub(crate) cap: Duration,
    /// The number of delays since the last reset.
    count: u32,
}

impl Backoff {
    /// Begins with the first limit again.
    pub(crate) fn reset(&mut self) {
        self.count = 0;
    }

    /// Returns the next delay. §7.2.3: the first delay is random, and later ones grow.
    ///
    /// The time that the server requested is added to the random part, because it requests the same time from many clients,
    /// which must not return at once.
    pub(crate) fn next(&mut self, fraction: u32, retry_after: Option<Duration>) -> Duration {
        let factor = 1_u32.checked_shl(self.count).unwrap_or(u32::MAX);
        let limit = self.first.saturating_mul(factor).min(self.cap).min(MAX_DELAY);
        self.count = self.count.saturating_add(1);
        let delay = limit.mul_f64(f64::from(fraction) / f64::from(u32::MAX));
        retry_after.unwrap_or_default().min(MAX_RETRY_AFTER).saturating_add(delay).min(MAX_DELAY)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), cap: Duration::from_mins(1), count: 0 }
    }
}

/// The longest delay.
const MAX_DELAY: Duration = Duration::from_hours(24);

/// The longest time that a server may request.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_limit_doubles_up_to_the_cap() {
        let mut backoff = Backoff::default();
        let limits: Vec<_> =
            (0..40).map(|_| backoff.next(u32::MAX, None).as_secs_f64().round()).collect();
        assert_eq!(limits[..8], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        assert!(limits[8..].iter().all(|limit| limit.total_cmp(&60.0).is_eq()));
        backoff.reset();
        assert_eq!(backoff.next(u32::MAX, None), SECOND);
    }

    #[test]
    fn any_part_of_the_limit_may_come_up() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(0, None), Duration::ZERO);
        let half = backoff.next(1 << 31, None);
        assert!(half.abs_diff(SECOND) < Duration::from_millis(1), "{half:?}");
    }

    #[test]
    fn what_the_server_asks_for_comes_on_top_within_reason() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(u32::MAX, Some(SECOND * 30)), SECOND * 31);
        assert_eq!(backoff.next(u32::MAX, Some(Duration::MAX)), SECOND * 602);
    }

    #[test]
    fn no_setting_overflows() {
        let mut backoff = Backoff { first: Duration::MAX, cap: Duration::MAX, count: 0 };
        for _ in 0..70 {
            assert_eq!(backoff.next(u32::MAX, Some(Duration::MAX)).as_secs(), 24 * 3600);
        }
    }
}
