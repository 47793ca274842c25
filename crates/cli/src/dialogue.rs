//! What happens on a connection: lines go out, messages come in, until it ends.

use std::{
    future::{Future, pending},
    io,
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_channel::Receiver;
use sockeye::{CloseCode, Error, driver};

use crate::{
    input,
    output::Output,
    report::{FAILED, fail},
    signals::Interrupt,
};

/// Sends and prints until the connection ends; `wait` is the time from the end of input to the close frame.
pub(crate) async fn talk<R: driver::Runtime>(
    ws: driver::WebSocket<R::Stream, R>,
    output: Output,
    wait: Duration,
    interrupt: Interrupt,
) -> ExitCode {
    let unread = Arc::new(OnceLock::new());
    let (sender, mut receiver) = ws.split();
    R::spawn(send::<R>(sender.clone(), input::lines(), output, wait, Arc::clone(&unread)));
    let leaving = sender.clone();
    R::spawn(async move {
        interrupt.wait().await;
        // The receiver sees how it ends.
        let _ = leaving.close_with(CloseCode::GOING_AWAY, "").await;
    });
    let mut unwritten = None;
    let end = loop {
        match receiver.recv().await {
            Ok(message) if unwritten.is_none() => {
                if let Err(error) = output.message(&message) {
                    unwritten = Some(error);
                    let _ = sender.close_with(CloseCode::GOING_AWAY, "").await;
                }
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    if let Some(error) = unread.get() {
        return fail(FAILED, "cannot read standard input", error);
    }
    // A reader that has seen enough, such as head, is no failure.
    if let Some(error) = unwritten.filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        return fail(FAILED, "cannot write to standard output", &error);
    }
    match &end {
        Error::ConnectionClosed(closed) if closed.is_ok() => {
            output.status(end.to_string().trim_end());
            ExitCode::SUCCESS
        }
        end => {
            output.status("");
            fail(FAILED, "", end)
        }
    }
}

/// Sends the lines as they come, those that came together at once; closes the connection after the last.
async fn send<R: driver::Runtime>(
    sender: driver::Sender<R::Stream, R>,
    lines: Receiver<io::Result<String>>,
    output: Output,
    wait: Duration,
    unread: Arc<OnceLock<io::Error>>,
) {
    while let Ok(line) = lines.recv().await {
        let sent = match line {
            Ok(line) => sender.feed(line).await,
            Err(error) => {
                unread.get_or_init(|| error);
                break;
            }
        };
        output.prompt();
        // The receiver knows why.
        if sent.is_err() || lines.is_empty() && sender.flush().await.is_err() {
            return;
        }
    }
    let _ = sender.flush().await;
    sleep::<R>(wait).await;
    let _ = sender.close().await;
}

fn sleep<R: driver::Runtime>(time: Duration) -> impl Future<Output = ()> + Send {
    let deadline = R::now().checked_add(time);
    async move {
        match deadline {
            Some(deadline) => R::sleep_until(deadline).await,
            None => pending().await,
        }
    }
}
