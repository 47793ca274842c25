//! The commands that wait on one connection.

use std::{collections::VecDeque, mem, task::Waker, time::Instant};

use sockeye_errors::{Close, CloseCode};
use sockeye_protocol::Prepared;

use crate::{SlowConsumer, SlowPolicy, commands::Command};

/// The commands that wait on one connection: messages, followed by a close.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    messages: VecDeque<Entry>,
    /// The number of bytes in the messages, with the memory that they take besides.
    size: usize,
    close: Option<Close>,
    limits: SlowConsumer,
    /// The time since which the socket has accepted no data, as far as the connection has tried to write.
    refused_since: Option<Instant>,
    /// How often the connection was woken since it was last polled.
    unanswered: u8,
    /// Whether the connection is a slow consumer that remains open.
    is_slow: bool,
    /// The tasks that wait for room.
    waiting: Vec<Waker>,
}

#[derive(Debug)]
struct Entry {
    message: Prepared,
    size: usize,
}

/// The result of an attempt to queue a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Queued {
    Accepted,
    /// The message was dropped, because the connection is closing or slow.
    Dropped,
    /// There is no room at the moment.
    Full,
}

impl Mailbox {
    /// Queues a message if there is room.
    pub(crate) fn push(&mut self, message: &Prepared, limits: &SlowConsumer) -> Queued {
        if self.close.is_some() {
            return Queued::Dropped;
        }
        self.limits = *limits;
        if self.is_full() {
            return if self.is_slow { Queued::Dropped } else { Queued::Full };
        }
        let size = message.memory() + size_of::<Entry>();
        self.size += size;
        self.messages.push_back(Entry { message: message.clone(), size });
        Queued::Accepted
    }

    /// Queues a close behind the messages, unless there is one.
    pub(crate) fn close(&mut self, close: Close) {
        self.close.get_or_insert(close);
    }

    /// Registers a task that waits for room.
    pub(crate) fn register(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }

    /// Removes the next command. A message waits while the output queue of the connection is congested, except in front of a
    /// close: a message that was accepted is sent before it.
    pub(crate) fn pop(&mut self, is_congested: bool, is_streaming: bool) -> Option<Command> {
        self.unanswered = 0;
        let can_send = !is_streaming && (!is_congested || self.close.is_some());
        if can_send && let Some(Entry { message, size }) = self.messages.pop_front() {
            self.size -= size;
            (self.refused_since, self.is_slow) = (None, false);
            return Some(Command::Send(message));
        }
        let close = self.close.take()?;
        // A message in parts that has not ended is cut, which shows the client that messages are missing.
        self.messages = VecDeque::new();
        Some(Command::Close(close))
    }

    /// Records that the socket has refused data at the time `now`. `is_first` says whether it had accepted data since the last
    /// time. Returns whether the connection has become a slow consumer.
    pub(crate) fn handle_write_refused(&mut self, now: Instant, is_first: bool) -> bool {
        self.unanswered = 0;
        if is_first {
            (self.refused_since, self.is_slow) = (None, false);
        }
        let since = *self.refused_since.get_or_insert(now);
        let timeout = self.limits.timeout.filter(|_| self.is_full() && !self.is_slow);
        let is_slow =
            timeout.is_some_and(|timeout| now.saturating_duration_since(since) >= timeout);
        if is_slow {
            self.handle_slow();
        }
        is_slow
    }

    /// Records that the connection is woken because there is no room, which happens four times in each timeout. It is a slow
    /// consumer if it was not polled for twice the timeout.
    pub(crate) fn handle_nudge(&mut self) {
        self.unanswered = self.unanswered.saturating_add(1);
        if self.unanswered > 2 * 4 && self.is_full() && !self.is_slow && self.close.is_none() {
            self.handle_slow();
        }
    }

    /// Returns the tasks to wake, because there is room or because there will not be any.
    pub(crate) fn take_waiting(&mut self) -> Vec<Waker> {
        // Not at the first free place: a task that waits is woken once for many messages.
        let has_room = self.size <= self.limits.max_bytes / 2
            && self.messages.len() <= self.limits.max_messages / 2;
        let is_ready = has_room || self.is_slow || self.close.is_some();
        if is_ready { mem::take(&mut self.waiting) } else { Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.close.is_none()
    }

    fn is_full(&self) -> bool {
        self.size > self.limits.max_bytes || self.messages.len() >= self.limits.max_messages.max(1)
    }

    fn handle_slow(&mut self) {
        match self.limits.policy {
            // Without its messages: 1013 says that they are lost.
            SlowPolicy::Close => {
                (self.messages, self.size) = (VecDeque::new(), 0);
                self.close = Some(Close::new(CloseCode::TRY_AGAIN_LATER, "too slow"));
            }
            SlowPolicy::DropNewest => self.is_slow = true,
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        mem::take(&mut self.waiting).into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Queues messages until there is no room. Returns their number.
    fn fill(mailbox: &mut Mailbox, message: &Prepared, limits: &SlowConsumer) -> usize {
        (0..1_000_000).take_while(|_| mailbox.push(message, limits) == Queued::Accepted).count()
    }

    #[test]
    fn messages_count_with_the_memory_that_they_take() {
        let limits = SlowConsumer::default().max_messages(usize::MAX);
        for length in [0, 1, 100] {
            let message = Prepared::new(vec![0; length]);
            let count = fill(&mut Mailbox::default(), &message, &limits);
            assert!((2_000..16_000).contains(&count), "{count} messages of {length} bytes");
        }
        let message = Prepared::new(vec![0; 1 << 20]);
        assert_eq!(fill(&mut Mailbox::default(), &message, &limits), 1);
    }

    #[test]
    fn the_number_of_messages_is_limited() {
        let limits = SlowConsumer::default().max_bytes(usize::MAX).max_messages(7);
        assert_eq!(fill(&mut Mailbox::default(), &Prepared::new(""), &limits), 7);
    }

    #[test]
    fn a_message_over_the_limit_waits_alone() {
        let limits = SlowConsumer::default().max_bytes(0).max_messages(0);
        assert_eq!(fill(&mut Mailbox::default(), &Prepared::new("news"), &limits), 1);
    }

    #[test]
    fn a_connection_is_slow_when_its_socket_has_refused_data_for_the_timeout() {
        let (limits, start) = (SlowConsumer::default().max_messages(3), Instant::now());
        let mut mailbox = Mailbox::default();
        fill(&mut mailbox, &Prepared::new("news"), &limits);
        assert!(!mailbox.handle_write_refused(start, true));
        assert!(!mailbox.handle_write_refused(start + 9 * SECOND, false));
        // The socket has accepted data since.
        assert!(!mailbox.handle_write_refused(start + 10 * SECOND, true));
        assert!(!mailbox.handle_write_refused(start + 19 * SECOND, false));
        assert!(mailbox.handle_write_refused(start + 20 * SECOND, false));
        let Some(Command::Close(close)) = mailbox.pop(true, false) else { panic!("not closed") };
        assert_eq!(close, Close::new(CloseCode::TRY_AGAIN_LATER, "too slow"));
        assert!(mailbox.is_empty());
    }

    #[test]
    fn a_connection_with_room_is_not_slow() {
        let (limits, start) = (SlowConsumer::default().max_messages(3), Instant::now());
        let mut mailbox = Mailbox::default();
        mailbox.push(&Prepared::new("news"), &limits);
        assert!(!mailbox.handle_write_refused(start, true));
        assert!(!mailbox.handle_write_refused(start + 60 * SECOND, false));
        assert_eq!(fill(&mut mailbox, &Prepared::new("news"), &limits), 2);
    }

    #[test]
    fn a_slow_consumer_may_lose_messages_and_stay_connected() {
        let limits = SlowConsumer::default().max_messages(3).policy(SlowPolicy::DropNewest);
        let (mut mailbox, start) = (Mailbox::default(), Instant::now());
        let news = Prepared::new("news");
        fill(&mut mailbox, &news, &limits);
        assert_eq!(mailbox.push(&news, &limits), Queued::Full);
        mailbox.handle_write_refused(start, true);
        assert!(mailbox.handle_write_refused(start + 10 * SECOND, false));
        assert_eq!(mailbox.push(&news, &limits), Queued::Dropped);
        assert!(matches!(mailbox.pop(false, false), Some(Command::Send(_))));
        assert_eq!(mailbox.push(&news, &limits), Queued::Accepted);
        assert_eq!(mailbox.push(&news, &limits), Queued::Full);
    }

    #[test]
    fn a_connection_that_is_not_polled_is_slow_after_twice_the_timeout() {
        let limits = SlowConsumer::default().max_messages(3);
        let mut mailbox = Mailbox::default();
        fill(&mut mailbox, &Prepared::new("news"), &limits);
        for _ in 0..2 {
            (0..8).for_each(|_| mailbox.handle_nudge());
            assert!(mailbox.pop(true, false).is_none(), "the connection was polled");
        }
        (0..9).for_each(|_| mailbox.handle_nudge());
        assert!(matches!(mailbox.pop(true, false), Some(Command::Close(_))));
    }

    #[test]
    fn a_close_waits_for_the_messages_before_it() {
        let mut mailbox = Mailbox::default();
        mailbox.push(&Prepared::new("news"), &SlowConsumer::default());
        assert!(mailbox.pop(true, false).is_none());
        mailbox.close(Close::new(CloseCode::GOING_AWAY, ""));
        mailbox.close(Close::new(CloseCode::NORMAL, ""));
        assert!(matches!(mailbox.pop(true, false), Some(Command::Send(_))));
        let Some(Command::Close(close)) = mailbox.pop(true, false) else { panic!("not closed") };
        assert_eq!(close.code, CloseCode::GOING_AWAY);
    }
}
