#![forbid(unsafe_code)]
//! Helpers of the integration tests: a runtime with a clock and a network of its own, and streams that misbehave.

mod sim;
pub use sim::{
    Elapsed, Join, Listener, Sim, Sleep, both, elapsed, resolved, run, run_shuffled, set_addresses,
    sleep, spawn, timers, yield_now,
};

mod hosts;
pub use hosts::attempts;

mod pipe;
pub use pipe::{Pipe, Tap, pipe};

mod faulty;
pub use faulty::{Fault, Faults, Faulty};

mod endless;
pub use endless::Endless;

mod port;
pub use port::reserved_port;

mod polls;
pub use polls::{at_most_polls, now_or_never};

mod frames;
pub use frames::{Frame, frame, frames, masked};

pub mod all_runtimes;
pub mod proxies;
pub mod proxy_processes;
pub mod test_ca;
pub mod test_servers;
