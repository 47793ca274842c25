//! A counting allocator, in a build with the feature `allocations`. Counting takes time, so do not compare its CPU times.

use std::alloc::System;
use std::io::{self, BufRead, Write};
use std::thread;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Prints the number of allocations and reallocations so far for each line of standard input.
pub fn report_on_request() -> io::Result<()> {
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
