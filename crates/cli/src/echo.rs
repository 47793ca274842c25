//! `sockeye echo`: an echo server.

#[cfg(unix)]
use std::path::PathBuf;
use std::{
    future::IntoFuture,
    io::{self, Write},
    net::SocketAddr,
    num::NonZero,
    process::ExitCode,
};

use clap::Args;
use sockeye::{Deflate, Error, HandlerError, driver};

use crate::{
    report::{FAILED, USAGE, fail},
    runtime::{Program, Runtime},
    signals::Interrupt,
    tls::Certificate,
};

/// Run a server that sends every message back
///
/// Prints `listening on ws://ADDRESS` as soon as it does, with a certificate `wss://`, and
/// `listening on ws+unix:PATH` on a Unix socket. SIGINT or SIGTERM closes all
/// connections with 1001 and ends it; a second one ends it at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status:
  0    a signal ended it, after all connections were closed
  1    it cannot listen
  2    wrong usage
  130  a second signal came")]
pub(crate) struct Echo {
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8765")]
    bind: String,

    #[cfg(unix)]
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with = "bind",
        help = "Listen on this Unix socket, as `sockeye connect --unix` connects to"
    )]
    unix: Option<PathBuf>,

    /// The runtime to use
    #[arg(long, value_enum, default_value = "tokio")]
    runtime: Runtime,

    /// How many threads serve; by default as many as the runtime likes
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,

    /// Agree to compression (permessage-deflate)
    #[arg(long)]
    compression: bool,

    /// The largest message that is accepted
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_size: usize,

    #[command(flatten)]
    certificate: Certificate,
}

impl Echo {
    pub(crate) fn main(self) -> ExitCode {
        let (runtime, threads) = (self.runtime, self.threads);
        runtime.run(threads, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// Serves at `place` until a signal comes; `shown` is what stands behind the scheme of its URI.
    async fn serve<R: driver::Runtime, H, B, A: Clone>(
        self,
        mut serve: driver::Serve<R, H, B>,
        place: &str,
        shown: impl FnOnce(A) -> String,
    ) -> ExitCode
    where
        driver::Serve<R, H, B>: IntoFuture<Output = Result<driver::Server<A>, Error>>,
    {
        let tls = match self.certificate.config() {
            Ok(tls) => tls,
            Err(error) => return fail(USAGE, "", &*error),
        };
        let interrupt = match Interrupt::catch() {
            Ok(interrupt) => interrupt,
            Err(error) => return fail(FAILED, "cannot catch signals", &error),
        };
        serve = serve.max_incoming_size(self.max_size);
        if self.compression {
            serve = serve.compression(Deflate::default());
        }
        let mut scheme = "ws";
        if let Some(tls) = tls {
            serve = serve.tls(tls);
            scheme = "wss";
        }
        let server = match serve.await {
            Ok(server) => server,
            Err(error) => return fail(FAILED, &format!("cannot listen on {place}"), &error),
        };
        // Whether anybody reads this line makes no difference to the clients.
        let _ = writeln!(io::stdout(), "listening on {scheme}{}", shown(server.local_addr()));
        interrupt.wait().await;
        server.close().await;
        ExitCode::SUCCESS
    }
}

impl Program for Echo {
    async fn run<R: driver::Runtime>(self) -> ExitCode {
        #[cfg(unix)]
        if let Some(path) = &self.unix {
            let serve = driver::serve_unix::<R, _, _>(path, echo);
            let place = path.display().to_string();
            return self.serve(serve, &place, |_| format!("+unix:{place}")).await;
        }
        let place = self.bind.clone();
        let serve = driver::serve::<R, _, _>(&*place, echo);
        self.serve(serve, &place, |address: SocketAddr| format!("://{address}")).await
    }
}

/// Sends every message back; the replies to messages that came together leave together.
async fn echo<R: driver::Runtime>(
    mut ws: driver::WebSocket<R::Stream, R>,
) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.feed(message).await?;
    }
    Ok(())
}
