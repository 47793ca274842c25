//! Counting allocations, in a build with the feature of this name: what counts costs time, so such a build measures no other.

use std::alloc::System;
use std::io::{self, BufRead, Write};
use std::thread;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Answers each line of the standard input with the number of allocations and reallocations so far.
pub fn tell() -> io::Result<()> {
    thread::Builder::new().spawn(|| {
        for _ in io::stdin().lock().lines() {
            let stats = ALLOCATOR.stats();
            println!("{}", stats.allocations + stats.reallocations);
            if io::stdout().flush().is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
