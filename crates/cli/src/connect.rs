//! `sockeye connect`: an interactive client, which works in pipes too.

use std::{
    error::Error as StdError, io::ErrorKind, path::PathBuf, process::ExitCode, time::Duration,
};

use clap::Args;
use http::{HeaderName, HeaderValue};
use sockeye::{
    Deflate, Error, HandshakeError, Proxy, Subprotocols, WebSocketUri,
    driver::{self, Dial},
};

use crate::{
    dialogue::talk,
    output::{Escaped, Output},
    report::{FAILED, USAGE, fail, say},
    runtime::{Program, Runtime},
    signals::Interrupt,
    tls,
};

/// Connect to a server: lines of standard input are sent, messages that arrive are printed
///
/// Every line is a text message. The end of input closes the connection, and so does SIGINT or SIGTERM; a second one
/// ends the command at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 if the connection was closed normally, 1 if it failed, was lost or was closed with an error, 2 for wrong \
usage.")]
pub(crate) struct Connect {
    #[arg(help = "The server, such as ws://localhost:8765/chat")]
    uri: String,

    /// Send one more header with the request; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// Offer a subprotocol; may be repeated, the preferred one first
    #[arg(long = "subprotocol", value_name = "NAME")]
    subprotocols: Vec<String>,

    #[arg(long, help = "Send this origin, such as https://example.com")]
    origin: Option<String>,

    /// Offer compression (permessage-deflate)
    #[arg(long)]
    compression: bool,

    /// The largest message that is accepted
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_size: usize,

    /// How long connecting may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    open_timeout: Duration,

    /// How long closing may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    close_timeout: Duration,

    /// The time between two keepalive pings; 0 for none
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    ping_interval: Duration,

    /// How long a silent server is waited for after a ping
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    ping_timeout: Duration,

    #[arg(
        long,
        value_name = "URI",
        help = "Go through this proxy: http://, https://, socks4://, socks4a://, socks5:// or socks5h://; by default \
                the environment decides"
    )]
    proxy: Option<String>,

    /// Go through no proxy, whatever the environment says
    #[arg(long, conflicts_with = "proxy")]
    no_proxy: bool,

    /// Trust the certificates of this file (PEM) rather than those of the platform
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// How long to wait for replies after the end of input, before closing; by default 1, on a terminal 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,

    /// Write binary messages as they are, without a line break, rather than in hexadecimal
    #[arg(long)]
    raw: bool,

    /// The runtime to use
    #[arg(long, value_enum, default_value = "tokio")]
    runtime: Runtime,
}

impl Connect {
    pub(crate) fn main(self) -> ExitCode {
        let runtime = self.runtime;
        runtime.run(None, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// The request, as the options want it.
    fn request<R: driver::Runtime>(
        &self,
        uri: WebSocketUri,
    ) -> Result<driver::Connect<R, Dial>, Box<dyn StdError>> {
        // What is refused here was a mistake in the usage; what is refused later may be the server's.
        Subprotocols::new(&self.subprotocols)?;
        let mut request = driver::connect::<R, _>(uri)
            .subprotocols(&self.subprotocols)
            .max_incoming_size(self.max_size)
            .open_timeout(self.open_timeout)
            .close_timeout(self.close_timeout)
            .ping_interval(Some(self.ping_interval).filter(|interval| !interval.is_zero()))
            .ping_timeout(self.ping_timeout);
        for header in &self.headers {
            let (name, value) = parse_header(header)?;
            request = request.header(name, value);
        }
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        if self.compression {
            request = request.compression(Deflate::default());
        }
        if let Some(proxy) = &self.proxy {
            request = request.proxy(proxy.parse::<Proxy>()?);
        }
        if self.no_proxy {
            request = request.no_proxy();
        }
        if let Some(file) = &self.tls_ca {
            request = request.tls(tls::trusting(file)?);
        }
        Ok(request)
    }
}

impl Program for Connect {
    async fn run<R: driver::Runtime>(self) -> ExitCode {
        let uri = match WebSocketUri::parse(&self.uri) {
            Ok(uri) => uri,
            Err(error) => return fail(USAGE, "", &error),
        };
        let request = match self.request::<R>(uri.clone()) {
            Ok(request) => request,
            Err(error) => return fail(USAGE, "", &*error),
        };
        let ws = match request.await {
            Ok(ws) => ws,
            Err(error) => return refused(&uri, &error),
        };
        // From here on a signal closes the connection; before, it just ends the command.
        let interrupt = match Interrupt::catch() {
            Ok(interrupt) => interrupt,
            Err(error) => return fail(FAILED, "cannot catch signals", &error),
        };
        let output = Output::new(self.raw);
        output.status(&greeting(&uri, &ws));
        output.prompt();
        let default = Duration::from_secs(u64::from(!output.is_dialogue()));
        talk(ws, output, self.wait.unwrap_or(default), interrupt).await
    }
}

fn greeting<R: driver::Runtime>(
    uri: &WebSocketUri,
    ws: &driver::WebSocket<R::Stream, R>,
) -> String {
    let subprotocol = ws.subprotocol().map(|name| format!(", subprotocol {name}"));
    let compression = if ws.is_compressed() { ", compressed" } else { "" };
    let subprotocol = subprotocol.unwrap_or_default();
    format!("Connected to {uri}{subprotocol}{compression}. The end of input (Ctrl-D) closes.")
}

/// Tells why there is no connection, and what may help.
fn refused(uri: &WebSocketUri, error: &Error) -> ExitCode {
    let status = fail(FAILED, &format!("cannot connect to {uri}"), error);
    if let Some(hint) = hint(uri, error) {
        say(&hint);
    }
    status
}

/// What the server had to say; or else what its answer looks like.
fn hint(uri: &WebSocketUri, error: &Error) -> Option<String> {
    match error {
        Error::Handshake(HandshakeError::InvalidStatus(refusal)) => {
            let body = String::from_utf8_lossy(&refusal.body);
            let line = body.lines().map(str::trim).find(|line| !line.is_empty());
            match line.filter(|line| !line.starts_with('<')) {
                Some(line) => {
                    let line: String = line.chars().take(200).collect();
                    Some(format!("the server says: {}", Escaped(&line)))
                }
                None => refusal.status_code.is_success().then(|| {
                    "this is a web server, but no WebSocket is served under this URI".to_owned()
                }),
            }
        }
        Error::Io(error) if uri.is_secure() && error.kind() == ErrorKind::InvalidData => {
            Some("the server does not seem to speak TLS: it may be one for ws://".to_owned())
        }
        _ => None,
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), Box<dyn StdError>> {
    // The value may be a secret: it is not repeated, and told to no other server.
    let (name, value) = text.split_once(':').ok_or("a --header has no colon after its name")?;
    let header =
        name.trim().parse().map_err(|_| format!("`{name}` is not the name of a header"))?;
    let mut value: HeaderValue =
        value.trim().parse().map_err(|_| format!("the value of {name} cannot be sent"))?;
    value.set_sensitive(true);
    Ok((header, value))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "a number of seconds is wanted")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let (name, value) = parse_header("X-Api-Key:  a:b ").expect("it is one");
        assert_eq!((name.as_str(), value.as_bytes()), ("x-api-key", &b"a:b"[..]));
    }

    #[test]
    fn the_value_of_a_bad_header_is_not_repeated() {
        for bad in ["secret", "a b: secret", "authorization: secret\u{7f}"] {
            let error = parse_header(bad).expect_err(bad);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("soon").is_err());
    }
}
