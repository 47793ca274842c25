//! Memory that a thread keeps between two uses: for the next big messages that arrive, and for what is to be written next.

use std::{
    cell::{Cell, RefCell},
    thread::LocalKey,
};

use bytes::Bytes;

use crate::queue::Queue;

thread_local! {
    static SPARE: RefCell<Pile> = const { RefCell::new(Pile(Vec::new())) };
    static MASKED: RefCell<Pile> = const { RefCell::new(Pile(Vec::new())) };
    static OUTPUT: Cell<Option<Box<Queue>>> = const { Cell::new(None) };
}

/// The queue that was kept: empty, with memory for what is to be written.
pub(crate) fn take_output() -> Option<Box<Queue>> {
    OUTPUT.try_with(Cell::take).ok().flatten()
}

/// Keeps a queue that is as good as new.
#[inline]
pub(crate) fn keep_output(queue: Box<Queue>) {
    if queue.capacity() <= MAX_OUTPUT {
        let _ = OUTPUT.try_with(|output| output.set(Some(queue)));
    }
}

/// Memory for a masked copy of `len` bytes.
pub(crate) fn take_masked(len: usize) -> Vec<u8> {
    let mut buffer = take_from(&MASKED, len as u64);
    buffer.clear();
    buffer.reserve_exact(len);
    buffer
}

/// Keeps the memory of a masked copy that has been written.
pub(crate) fn keep_masked(copy: Bytes) {
    keep_in(&MASKED, copy, usize::MAX);
}

/// Keeps the memory of a payload that has been written, if nobody else holds it, and if it is no more than `max` bytes.
pub(crate) fn keep(payload: Bytes, max: usize) {
    keep_in(&SPARE, payload, max);
}

/// A buffer for a message of about `len` bytes, with or without memory, and with what was in it before.
pub(crate) fn take(len: u64) -> Vec<u8> {
    if len < MIN as u64 { Vec::new() } else { take_from(&SPARE, len) }
}

fn take_from(pile: &'static LocalKey<RefCell<Pile>>, len: u64) -> Vec<u8> {
    // A connection may outlive what its thread keeps: the thread that ends has nothing any more.
    pile.try_with(|pile| pile.borrow_mut().take(len)).unwrap_or_default()
}

fn keep_in(pile: &'static LocalKey<RefCell<Pile>>, payload: Bytes, max: usize) {
    if payload.len() > max {
        return;
    }
    // A payload that somebody else holds, or made, is let go here: that may be code of the application.
    let Ok(buffer) = payload.try_into_mut() else { return };
    // One that does not begin where its memory does is moved to there.
    let buffer = Vec::from(buffer);
    if (MIN..=max).contains(&buffer.capacity()) {
        let _ = pile.try_with(|pile| pile.borrow_mut().keep(buffer));
    }
}

/// Buffers with what was in them, the last one that was kept at the end.
///
/// Fresh memory for a big message costs more than to fill it: the kernel clears and maps it page by page, and some allocators
/// give it back as soon as it is free.
struct Pile(Vec<Vec<u8>>);

impl Pile {
    /// Keeps the memory of `buffer`, and what was kept before as far as all is not more than [`PILE`] together.
    fn keep(&mut self, buffer: Vec<u8>) {
        self.0.push(buffer);
        let mut total: usize = self.0.iter().map(Vec::capacity).sum();
        while total > PILE && self.0.len() > 1 {
            total -= self.0.remove(0).capacity();
        }
    }

    /// A buffer of about `len` bytes, with or without memory.
    fn take(&mut self, len: u64) -> Vec<u8> {
        // A message should not hold on to much more than it needs.
        let fits = |buffer: &Vec<u8>| {
            let capacity = buffer.capacity() as u64;
            (capacity / 2..=capacity).contains(&len)
        };
        self.0.iter().rposition(fits).map_or_else(Vec::new, |index| self.0.remove(index))
    }
}

/// A queue that grew beyond this, under a peer that reads slowly, is not kept.
const MAX_OUTPUT: usize = 256 << 10;

/// Smaller buffers are not worth the trouble.
const MIN: usize = 16 << 10;

/// Bytes that are kept in more than one buffer: for the messages that are on their way at a time.
const PILE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{MIN, PILE, Pile, keep, take};

    fn place(buffer: &[u8]) -> *const u8 {
        buffer.as_ptr()
    }

    #[test]
    fn messages_that_are_on_their_way_at_a_time_leave_their_memory_to_the_next_ones() {
        let payloads: Vec<Vec<u8>> = (0..4).map(|_| vec![7; 64 << 10]).collect();
        let mut places: Vec<_> = payloads.iter().map(|payload| place(payload)).collect();
        for payload in payloads {
            keep(payload.into(), usize::MAX);
        }
        let buffers: Vec<Vec<u8>> = (0..4).map(|_| take(60_000)).collect();
        assert!(buffers.iter().all(|buffer| buffer.capacity() == 64 << 10));
        places.reverse();
        assert_eq!(buffers.iter().map(|buffer| place(buffer)).collect::<Vec<_>>(), places);
        assert_eq!(take(60_000).capacity(), 0);
    }

    #[test]
    fn no_message_gets_much_more_memory_than_it_needs() {
        keep(vec![7; 128 << 10].into(), usize::MAX);
        for len in [(64 << 10) - 1, (128 << 10) + 1, u64::MAX] {
            assert_eq!(take(len).capacity(), 0, "{len}");
        }
        assert_eq!(take(64 << 10).capacity(), 128 << 10);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_last_one_stays() {
        let mut pile = Pile(Vec::new());
        let kept = |pile: &Pile| pile.0.iter().map(Vec::capacity).sum::<usize>();
        for _ in 0..1000 {
            pile.keep(vec![7; MIN]);
            assert!(kept(&pile) <= PILE);
        }
        assert_eq!(kept(&pile), PILE);
        pile.keep(vec![7; 2 * PILE]);
        assert_eq!(kept(&pile), 2 * PILE);
        pile.keep(vec![7; MIN]);
        assert_eq!(kept(&pile), MIN);
    }

    #[test]
    fn what_is_small_or_huge_or_shared_is_not_kept() {
        keep(vec![7; MIN - 1].into(), usize::MAX);
        keep(vec![7; MIN + 1].into(), MIN);
        let payload = Bytes::from(vec![7; MIN]);
        keep(payload.clone(), usize::MAX);
        assert_eq!(take(MIN as u64).capacity(), 0);
        drop(payload);
    }

    /// An application's own memory, which sends a message when it is let go.
    struct Sends;

    impl AsRef<[u8]> for Sends {
        fn as_ref(&self) -> &[u8] {
            &[7; MIN]
        }
    }

    impl Drop for Sends {
        fn drop(&mut self) {
            keep(take(MIN as u64).into(), usize::MAX);
        }
    }

    #[test]
    fn what_runs_when_a_payload_is_let_go_may_send_and_receive() {
        keep(Bytes::from_owner(Sends), usize::MAX);
    }
}
