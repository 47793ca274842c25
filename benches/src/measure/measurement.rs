//! One measurement: the CPU time or the system calls of a process between two moments, per message.

use std::io;
use std::time::{Duration, Instant};

use crate::measure::process::Child;
use crate::measure::runner::Timing;
use crate::measure::syscalls::Tracer;
use crate::report::Sample;

/// A measurement in progress.
#[derive(Debug)]
pub struct Measurement<'child> {
    child: &'child Child,
    /// Counts the system calls, in a run that counts them.
    tracer: Option<Tracer<'child>>,
    cpu: Duration,
    start: Instant,
    duration: Duration,
}

impl<'child> Measurement<'child> {
    /// Starts a measurement.
    pub fn begin(child: &'child Child, timing: Timing) -> io::Result<Self> {
        let tracer = timing.traced.then(|| Tracer::attach(child)).transpose()?;
        Ok(Self {
            child,
            tracer,
            cpu: child.cpu()?,
            start: Instant::now(),
            duration: timing.duration,
        })
    }

    /// Returns the time at which the measurement should end.
    pub fn deadline(&self) -> Instant {
        self.start + self.duration
    }

    /// Ends the measurement after `messages` messages or handshakes.
    pub fn end(self, messages: u64) -> io::Result<Sample> {
        let (cpu, elapsed) = (self.child.cpu()?.saturating_sub(self.cpu), self.start.elapsed());
        if messages == 0 {
            return Err(io::Error::other("no message came back"));
        }
        let messages = messages as f64;
        let Some(tracer) = self.tracer else {
            return Ok(Sample {
                cost: cpu.as_nanos() as f64 / messages,
                rate: messages / elapsed.as_secs_f64(),
                ..Sample::default()
            });
        };
        let mut syscalls = tracer.detach()?;
        for calls in syscalls.values_mut() {
            *calls /= messages;
        }
        let cost = syscalls.values().sum();
        Ok(Sample { cost, syscalls: Some(syscalls), ..Sample::default() })
    }
}
