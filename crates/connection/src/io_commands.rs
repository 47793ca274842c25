//! The commands of a connection, in the order in which its transport processes them.

use std::task::Context;

use sockeye_errors::{Close, CloseCode, Error};
use sockeye_net::{Io, Runtime};

use crate::{
    commands::{Command, CommandQueue},
    io::ConnectionIo,
};

impl<S: Unpin, R: Runtime + Io<S>> ConnectionIo<S, R> {
    /// Begins the closing handshake on behalf of the application.
    ///
    /// Messages that other tasks have queued before are sent first: they count as delivered, and a close frame shows the peer
    /// that nothing is missing. A close that a server has queued before takes precedence.
    pub(crate) fn close(&mut self, close: &Close) -> Result<(), Error> {
        self.sender.check_close(close)?;
        while let Some(command) = self.pop_last() {
            self.process(command);
        }
        self.sender.close(R::now(), close)
    }

    /// Registers the task for commands, and processes those that are waiting.
    pub(crate) fn register_commands(&mut self, cx: &Context<'_>) {
        if let Some(commands) = self.commands.get() {
            commands.register(cx.waker());
            self.poll_commands();
        }
    }

    /// Returns whether commands are waiting that can be processed.
    pub(crate) fn has_commands(&self) -> bool {
        self.commands.get().is_some_and(CommandQueue::is_waiting) && !self.sender.is_streaming()
    }

    /// Processes commands, and messages only while the output queue has room.
    #[inline]
    pub(crate) fn poll_commands(&mut self) {
        if self.commands.get().is_some_and(CommandQueue::is_waiting) {
            self.process_commands();
        }
    }

    #[inline(never)]
    fn process_commands(&mut self) {
        if !self.sender.is_open() {
            self.reject_commands();
        }
        while let Some(commands) = self.commands.get().filter(|commands| commands.is_waiting()) {
            match commands.pop(self.sender.is_congested(), self.sender.is_streaming()) {
                Some(command) => self.process(command),
                None => break,
            }
        }
    }

    fn pop_last(&self) -> Option<Command> {
        self.commands.get()?.pop_last(self.sender.is_streaming())
    }

    fn process(&mut self, command: Command) {
        match command {
            Command::Send(prepared) => {
                // The message counts as delivered. If it is larger than the connection may send, no close code may hide that.
                if self.sender.send(&prepared).is_err() && self.sender.is_open() {
                    let close = Close::new(CloseCode::INTERNAL_ERROR, "message too big");
                    let _ = self.sender.close_by_server(R::now(), &close);
                }
            }
            Command::Close(close) => drop(self.sender.close_by_server(R::now(), &close)),
            Command::Abort => self.abort(),
        }
    }

    /// Drops the commands of a connection that is closing, and rejects further ones, so that they do not count as delivered.
    pub(crate) fn reject_commands(&self) {
        if let Some(commands) = self.commands.get() {
            commands.reject();
        }
    }

    /// Records that the stream accepts no more bytes at the moment.
    pub(crate) fn handle_write_pending(&mut self) {
        let (now, is_first) = (R::now(), !self.sender.is_blocked());
        self.sender.handle_write_pending(now);
        if let Some(commands) = self.commands.get() {
            commands.handle_write_refused(now, is_first);
        }
    }
}
