//! `sockeye echo`: an echo server.

#[cfg(unix)]
use std::path::PathBuf;
use std::{
    io::{self, Write},
    net::SocketAddr,
    num::NonZero,
    process::ExitCode,
};

use clap::Args;
use sockeye::{DeflateConfig, HandlerError};

use crate::{
    diagnostics::{FAILED, USAGE, fail, say},
    request_rules::RequestRules,
    runtime::{Program, Runtime},
    signals::Interrupt,
    tls::Certificate,
    units::size,
};

/// Run a server that echoes every message
///
/// Prints `listening on ws://ADDRESS` when it accepts connections; `wss://` with a certificate, and
/// `ws+unix:PATH` on a Unix socket. After SIGINT or SIGTERM, the server closes all connections with
/// 1001 and exits. A second signal ends it immediately.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status:
  0    a signal ended the server, and all connections were closed
  1    the server cannot listen
  2    the arguments are wrong
  130  a second signal arrived")]
pub(crate) struct Echo {
    /// Address to listen on, or a name with all of its addresses; PORT alone means 127.0.0.1:PORT, and port 0 any free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8765", value_parser = address)]
    bind: String,

    #[cfg(unix)]
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with = "bind",
        help = "Listen on this Unix socket, for `sockeye connect --unix`"
    )]
    unix: Option<PathBuf>,

    /// Permissions of the Unix socket in octal, such as 660 [default: determined by the umask]
    #[cfg(unix)]
    #[arg(long, visible_alias = "unix-mode", value_name = "MODE", requires = "unix", value_parser = mode)]
    mode: Option<u32>,

    /// Async runtime
    #[arg(long, value_enum, default_value = "tokio")]
    runtime: Runtime,

    /// Number of threads [default: chosen by the runtime]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,

    /// Accept compression (permessage-deflate)
    #[arg(long)]
    compression: bool,

    /// Maximum size of a received message, such as 65536, 64K, 1MB or 1MiB; the units are multiples of 1024
    #[arg(long, value_name = "BYTES", default_value = "1M", value_parser = size)]
    max_size: usize,

    #[command(flatten)]
    rules: RequestRules,

    #[command(flatten)]
    certificate: Certificate,
}

impl Echo {
    pub(crate) fn main(self) -> ExitCode {
        let (runtime, threads) = (self.runtime, self.threads);
        runtime.run(threads, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// Serves at `place` until a signal arrives. `shown` formats the part of the URI behind the scheme.
    async fn serve<R: sockeye::connection::Sockets, A: Clone + 'static>(
        self,
        mut serve: sockeye::server::Serve<R, A>,
        place: &str,
        shown: impl FnOnce(A) -> String,
    ) -> ExitCode {
        let tls = match self.certificate.config() {
            Ok(tls) => tls,
            Err(error) => return fail(USAGE, "", &*error),
        };
        let origins = match self.rules.origins() {
            Ok(origins) => origins,
            Err(error) => return fail(USAGE, "", &error),
        };
        let interrupt = match Interrupt::catch() {
            Ok(interrupt) => interrupt,
            Err(error) => return fail(FAILED, "cannot catch signals", &error),
        };
        serve = serve.max_size(self.max_size).origins(origins).limits(self.rules.limits());
        if self.compression {
            serve = serve.compression(DeflateConfig::default());
        }
        let mut scheme = "ws";
        if let Some(tls) = tls {
            serve = serve.tls(tls);
            scheme = "wss";
        }
        let server = match serve.await {
            Ok(server) => server,
            Err(error) => {
                let text = format!("{error:#}");
                let text = text.strip_prefix(&format!("{place}: ")).unwrap_or(&text);
                say(&format!("sockeye: cannot listen on {place}: {text}"));
                return FAILED.into();
            }
        };
        // The clients are served even if standard output is closed.
        let _ = writeln!(io::stdout(), "listening on {scheme}{}", shown(server.local_addr()));
        interrupt.wait().await;
        server.close().await;
        ExitCode::SUCCESS
    }
}

impl Program for Echo {
    async fn run<R: sockeye::connection::Sockets>(self) -> ExitCode {
        #[cfg(unix)]
        if let Some(path) = &self.unix {
            let mut bind = sockeye::server::BindUnix::from(path);
            if let Some(mode) = self.mode {
                bind = bind.mode(mode);
            }
            let serve = sockeye::server::serve_unix::<R, _, _>(bind, echo);
            let place = path.display().to_string();
            return self.serve(serve, &place, |_| format!("+unix:{place}")).await;
        }
        let place = self.bind.clone();
        let serve = sockeye::server::serve::<R, _, _>(&*place, echo);
        self.serve(serve, &place, |address: SocketAddr| format!("://{}", named(&place, address)))
            .await
    }
}

/// Echoes every message. Replies to messages that arrived together are sent in one write.
async fn echo<R: sockeye::connection::Sockets>(
    mut ws: sockeye::connection::WebSocket<R::Stream, R>,
) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.feed(message).await?;
    }
    Ok(())
}

/// Returns the authority of the server's URI: a name stands for all of its addresses.
fn named(place: &str, address: SocketAddr) -> String {
    match place.rsplit_once(':') {
        Some((host, _)) if place.parse::<SocketAddr>().is_err() => {
            format!("{host}:{}", address.port())
        }
        _ => address.to_string(),
    }
}

/// Parses permissions in octal.
#[cfg(unix)]
fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "expected permissions in octal, such as 660".to_owned())
}

/// Validates an address before the server tries to resolve it as a host name.
fn address(text: &str) -> Result<String, String> {
    if let Some((_, rest)) = text.split_once("://") {
        let address = rest.trim_end_matches('/');
        return Err(format!("an address is HOST:PORT, without a scheme; did you mean {address}?"));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(format!("127.0.0.1:{text}"));
    }
    if !text.contains(':') {
        return Err("a host and a port are needed, such as 127.0.0.1:8765".to_owned());
    }
    Ok(text.to_owned())
}
