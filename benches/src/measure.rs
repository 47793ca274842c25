//! The measurements: child processes pinned to a core, their CPU time, memory and system calls.

#[cfg(feature = "allocations")]
pub mod allocations;
pub mod cores;
pub mod measurement;
#[cfg(feature = "sockeye")]
pub mod micro;
pub mod process;
pub mod runner;
pub mod syscalls;
