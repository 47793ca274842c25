//! The agreement between the line editor, which draws the prompt, and the texts that are printed above it.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Where the thread of the line editor is.
///
/// The editor prints a text above the prompt while it reads a line. A text that is printed between two lines would stand behind
/// the next prompt, and a prompt that is drawn after the end would stand before that of the shell.
#[derive(Debug)]
pub(crate) struct Gate {
    phase: Mutex<Phase>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// Between two lines.
    Away,
    /// Reading a line.
    Editing,
    /// Asked to stop.
    Stopping,
    /// The thread is parked, or has ended.
    Stopped,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self { phase: Mutex::new(Phase::Away), changed: Condvar::new() }
    }

    /// Records that the editor is about to draw the prompt. If it was asked to stop, this never returns, because no function of
    /// the editor can be interrupted.
    pub(crate) fn enter(&self) {
        let mut phase = self.lock();
        if !matches!(*phase, Phase::Stopping | Phase::Stopped) {
            *phase = Phase::Editing;
            self.changed.notify_all();
            return;
        }
        *phase = Phase::Stopped;
        self.changed.notify_all();
        drop(phase);
        loop {
            thread::park();
        }
    }

    /// Records that the editor has accepted a line.
    pub(crate) fn leave(&self) {
        let mut phase = self.lock();
        if *phase == Phase::Editing {
            *phase = Phase::Away;
        }
    }

    /// Records that the thread of the editor ends.
    pub(crate) fn end(&self) {
        *self.lock() = Phase::Stopped;
        self.changed.notify_all();
    }

    /// Waits until a text can be printed.
    pub(crate) fn wait_for_editing(&self) {
        let phase = self.lock();
        drop(self.changed.wait_while(phase, |phase| *phase == Phase::Away));
    }

    /// Asks the editor to stop when it next draws the prompt.
    pub(crate) fn stop(&self) {
        let mut phase = self.lock();
        if *phase != Phase::Stopped {
            *phase = Phase::Stopping;
        }
    }

    /// Waits until the editor has stopped.
    pub(crate) fn wait_for_stop(&self) {
        let phase = self.lock();
        drop(self.changed.wait_while(phase, |phase| *phase != Phase::Stopped));
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
