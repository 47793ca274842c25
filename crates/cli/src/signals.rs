//! The signals that ask a command to end: SIGINT, SIGTERM and SIGHUP, or their equivalents on other platforms.

use std::{convert::Infallible, process};

use async_channel::Receiver;

use crate::diagnostics::INTERRUPTED;

/// Waits for the first signal, which closes a channel.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Receiver<Infallible>);

impl Interrupt {
    /// Installs the signal handler. The second signal ends the process immediately.
    pub(crate) fn catch() -> Result<Self, ctrlc::Error> {
        let (sender, receiver) = async_channel::bounded(1);
        let mut first = Some(sender);
        ctrlc::set_handler(move || match first.take() {
            Some(sender) => drop(sender),
            None => process::exit(INTERRUPTED.into()),
        })?;
        Ok(Self(receiver))
    }

    /// Waits for the first signal.
    pub(crate) async fn wait(&self) {
        let Err(_) = self.0.recv().await;
    }
}
