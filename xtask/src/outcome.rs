//! The outcome of a command: how many checks passed, and how many failed.

use std::fmt;
use std::ops::AddAssign;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Outcome {
    /// The outcome of a command that judges nothing: it worked.
    pub(crate) const NOTHING: Self = Self { passed: 0, failed: 0 };

    /// One check.
    pub(crate) fn of(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into() }
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::NOTHING
    }
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The plain closing line.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
