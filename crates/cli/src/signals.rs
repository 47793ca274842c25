//! The signals that ask a command to end: SIGINT, SIGTERM and SIGHUP, or their equivalents on other platforms.

use std::{
    convert::Infallible,
    process,
    sync::{Arc, Mutex, PoisonError},
};

use async_channel::{Receiver, Sender};

use crate::{diagnostics::INTERRUPTED, terminal};

/// Waits for the first signal, which closes a channel.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    /// `None` after the first signal.
    sender: Arc<Mutex<Option<Sender<Infallible>>>>,
    receiver: Receiver<Infallible>,
}

impl Interrupt {
    /// Installs the signal handler. The second signal ends the process immediately.
    pub(crate) fn catch() -> Result<Self, ctrlc::Error> {
        let (sender, receiver) = async_channel::bounded(1);
        let interrupt = Self { sender: Arc::new(Mutex::new(Some(sender))), receiver };
        let handler = interrupt.clone();
        ctrlc::set_handler(move || handler.raise())?;
        Ok(interrupt)
    }

    /// Acts as if a signal had arrived. In the raw mode of a terminal, Ctrl-C sends none.
    pub(crate) fn raise(&self) {
        let first = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if first.is_none() {
            terminal::restore();
            process::exit(INTERRUPTED.into());
        }
    }

    /// Waits for the first signal.
    pub(crate) async fn wait(&self) {
        let Err(_) = self.receiver.recv().await;
    }
}
