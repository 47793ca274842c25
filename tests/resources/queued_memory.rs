//! The memory of messages that wait on one connection. The test measures the heap of its process.

use peak_alloc::PeakAlloc;
use sockeye::{Prepared, connection::CommandQueue, server::SlowConsumer};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Fills a queue and returns the memory that it holds.
fn fill(limits: SlowConsumer, message: impl Fn() -> Prepared) -> usize {
    let before = HEAP.current_usage();
    let queue = CommandQueue::default();
    while queue.try_send(&message(), &limits).is_some() {}
    HEAP.current_usage() - before
}

#[test]
fn the_messages_of_a_stuck_connection_hold_no_more_memory_than_the_limit() {
    let by_size = SlowConsumer::default().max_messages(usize::MAX);
    for length in [0, 1, 33, 100, 1_000, 100_000] {
        for limits in [by_size, SlowConsumer::default()] {
            let binary = fill(limits, || Prepared::new(vec![0; length]));
            let text = fill(limits, || Prepared::new("x".repeat(length)));
            let largest = limits.max_bytes + limits.max_bytes / 8 + length;
            assert!(binary <= largest && text <= largest, "{length}: {binary}, {text}");
        }
    }
}
