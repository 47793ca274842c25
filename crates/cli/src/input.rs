//! Standard input, line by line.

use std::{
    io::{self, BufRead},
    thread,
};

use async_channel::Receiver;

/// The lines of standard input, without their ends; the first error is the last item.
///
/// They are read by a thread of their own, since no runtime can wait for a file, and the process ends without waiting
/// for the thread.
pub(crate) fn lines() -> Receiver<io::Result<String>> {
    let (sender, receiver) = async_channel::bounded(64);
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let is_last = line.is_err();
            if sender.send_blocking(line).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}
