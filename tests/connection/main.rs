#![forbid(unsafe_code)]
//! Connections over streams in memory, most of them on a simulated clock.

mod pairs;

mod cancelling;
mod coop_budget;
mod deadlines;
mod direct_reads;
mod faults;
mod flooding;
mod futures_traits;
mod split;
mod upgrade;
