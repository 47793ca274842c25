//! How much a connection may receive before its neighbours have their turn.

use std::task::Context;

/// How much was read and handed out since the neighbours had their turn.
#[derive(Debug, Default)]
pub(crate) struct Budget(u16);

impl Budget {
    /// Counts a message; `false` if it is the neighbours' turn, though there are more messages that have arrived.
    #[inline]
    pub(crate) fn spend(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        self.0 < MOST
    }

    /// Counts a read, which is worth a few messages.
    pub(crate) fn spend_on_reading(&mut self) {
        self.0 = self.0.saturating_add(8);
    }

    /// Whether the other tasks of the thread have their turn now, though more messages have arrived.
    pub(crate) fn is_overdrawn(&mut self, cx: &Context<'_>) -> bool {
        self.is_beyond(MOST, cx)
    }

    /// Whether the other tasks of the thread have their turn now, before more is read: what has arrived was handed out, so
    /// that the answers leave in one write.
    pub(crate) fn is_spent(&mut self, cx: &Context<'_>) -> bool {
        self.is_beyond(ENOUGH, cx)
    }

    fn is_beyond(&mut self, limit: u16, cx: &Context<'_>) -> bool {
        let spent = self.0 >= limit;
        if spent {
            self.0 = 0;
            cx.waker().wake_by_ref();
        }
        spent
    }
}

/// Messages after which a connection does not go on to read.
const ENOUGH: u16 = 256;

/// Messages after which it does not go on at all.
const MOST: u16 = 2048;
