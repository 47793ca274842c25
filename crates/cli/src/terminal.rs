//! The mode of the terminal, which the line editor changes and which is restored before the command ends.

#[cfg(unix)]
pub(crate) use unix::{remember, restore};

#[cfg(unix)]
mod unix {
    use std::{
        io::{self, Write},
        sync::OnceLock,
    };

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    static ORIGINAL: OnceLock<Termios> = OnceLock::new();

    /// Remembers the mode of the terminal.
    pub(crate) fn remember() {
        if let Ok(termios) = tcgetattr(io::stdin()) {
            let _ = ORIGINAL.set(termios);
        }
    }

    /// Restores the mode of the terminal, and clears the line of the prompt. It does nothing if no mode was remembered.
    pub(crate) fn restore() {
        if let Some(termios) = ORIGINAL.get() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, termios);
            let _ = io::stdout().write_all(LEAVE_EDITOR);
            let _ = io::stdout().flush();
        }
    }

    /// Ends a synchronized update, disables bracketed paste, and clears the rest of the screen from the beginning of the line.
    const LEAVE_EDITOR: &[u8] = b"\x1b[?2026l\x1b[?2004l\r\x1b[J";
}

/// The console of Windows resets its mode when the command ends.
#[cfg(not(unix))]
pub(crate) const fn remember() {}

#[cfg(not(unix))]
pub(crate) fn restore() {
    use std::io::Write;

    let _ = std::io::stdout().write_all(b"\r\x1b[J");
}
