//! The request of the client, built from options.

use std::{error::Error as StdError, time::Duration};

use clap::Args;
use http::{HeaderName, HeaderValue};
use sockeye::{
    Config, DeflateConfig,
    client::{Dial, Proxy, WebSocketUri},
    server::{Origins, Subprotocols},
};

use crate::tls::Trust;

/// The options of the request and of its connection.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// Add a header to the request; may be repeated
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// Offer a subprotocol; may be repeated, in order of preference
    #[arg(long = "subprotocol", value_name = "NAME")]
    subprotocols: Vec<String>,

    #[arg(long, help = "Send this Origin header, such as https://example.com")]
    origin: Option<String>,

    /// Offer compression (permessage-deflate)
    #[arg(long)]
    compression: bool,

    /// Maximum size of a received message; K, M and G are units of 1024
    #[arg(long, value_name = "BYTES", default_value = "1M", value_parser = size)]
    max_size: usize,

    /// Time limit for opening the connection
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    open_timeout: Duration,

    /// Time limit for the closing handshake
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    close_timeout: Duration,

    /// Interval between keepalive pings; 0 disables them
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    ping_interval: Duration,

    /// Time to wait for any data after a keepalive ping
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    ping_timeout: Duration,

    #[arg(
        long,
        value_name = "URI",
        help = "Connect through this proxy: http://, https://, socks4://, socks4a://, socks5:// or socks5h:// [default: \
                from environment variables such as https_proxy]"
    )]
    proxy: Option<String>,

    /// Connect directly, and ignore the proxies of the environment
    #[arg(long, conflicts_with = "proxy")]
    no_proxy: bool,

    /// Connect to this Unix socket; the URI still supplies the path and the Host header
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["proxy", "no_proxy"])]
    unix: Option<std::path::PathBuf>,

    #[command(flatten)]
    trust: Trust,
}

impl Request {
    /// Builds the request for `uri`.
    pub(crate) fn make<R: sockeye::connection::Sockets>(
        &self,
        uri: WebSocketUri,
    ) -> Result<sockeye::client::Connect<R, Dial>, Box<dyn StdError>> {
        // Validated here, so that a mistake counts as wrong usage and not as a failure of the server.
        Subprotocols::new(&self.subprotocols)?;
        Origins::list(&self.origin)?;
        let mut config = Config::default();
        config.max_incoming_size = Some(self.max_size as u64);
        let mut request = sockeye::client::connect::<R, _>(uri)
            .config(config)
            .subprotocols(&self.subprotocols)
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
            request = request.compression(DeflateConfig::default());
        }
        if let Some(proxy) = &self.proxy {
            request = request.proxy(proxy.parse::<Proxy>()?);
        }
        if self.no_proxy {
            request = request.no_proxy();
        }
        #[cfg(unix)]
        if let Some(path) = &self.unix {
            request = request.unix(path);
        }
        if let Some(tls) = self.trust.config()? {
            request = request.tls(tls);
        }
        Ok(request)
    }

    /// Returns whether the certificate of the server is not verified.
    pub(crate) const fn is_insecure(&self) -> bool {
        self.trust.is_insecure()
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), Box<dyn StdError>> {
    // The value may be a secret: no error repeats it, and a redirect to another server does not receive it.
    let (name, value) = text.split_once(':').ok_or("a --header has no colon after its name")?;
    let header =
        name.trim().parse().map_err(|_| format!("`{name}` is not the name of a header"))?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| {
        format!("the value of {name} contains characters that a header cannot contain")
    })?;
    value.set_sensitive(true);
    Ok((header, value))
}

/// Parses a number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Parses a number of bytes, such as `65536`, `64K`, `1M` or `1MiB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u32 = match &*text[digits.len()..].to_ascii_uppercase() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return Err("expected a number of bytes, such as 65536, 64K or 1M".to_owned()),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "expected a number of bytes, such as 65536, 64K or 1M".to_owned())?;
    number.checked_mul(1 << unit).ok_or_else(|| "this is more than the address space".to_owned())
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
    fn a_size_may_have_a_unit() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64K", 65536), ("1m", 1 << 20), ("2MiB", 2 << 20)]
        {
            assert_eq!(size(text), Ok(bytes));
        }
        for bad in ["", "M", "-1", "1.5M", "1T", "1 M", "99999999999999999999", "99999999999999G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("soon").is_err());
    }
}
