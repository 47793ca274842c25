//! The span that is measured: what a process takes from one moment to another, for each message of it.

use std::io;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::report::Sample;
use crate::rounds::Timing;
use crate::syscalls::Tracer;

/// A span that has begun.
#[derive(Debug)]
pub struct Span<'child> {
    child: &'child Child,
    /// Counts the system calls, if that is what is measured.
    tracer: Option<Tracer<'child>>,
    cpu: Duration,
    start: Instant,
    length: Duration,
}

impl<'child> Span<'child> {
    /// Begins now.
    pub fn begin(child: &'child Child, timing: Timing) -> io::Result<Self> {
        let tracer = timing.traced.then(|| Tracer::attach(child)).transpose()?;
        Ok(Self { child, tracer, cpu: child.cpu()?, start: Instant::now(), length: timing.span })
    }

    /// When it should end.
    pub fn deadline(&self) -> Instant {
        self.start + self.length
    }

    /// Ends now, after so many messages or handshakes.
    pub fn end(self, messages: u64) -> io::Result<Sample> {
        let (cpu, elapsed) = (self.child.cpu()?.saturating_sub(self.cpu), self.start.elapsed());
        if messages == 0 {
            return Err(io::Error::other("not a single message came back"));
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
