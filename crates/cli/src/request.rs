//! What is asked for, and of whom.

use std::{error::Error as StdError, time::Duration};

use clap::Args;
use http::{HeaderName, HeaderValue};
use sockeye::{
    Deflate, Origins, Proxy, Subprotocols, WebSocketUri,
    driver::{self, Dial},
};

use crate::tls::Trust;

/// The options of a request, and of the connection that it opens.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// Send one more header with the request; may be repeated
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
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

    /// Connect to this Unix socket; the URI goes on to say what is asked for
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["proxy", "no_proxy"])]
    unix: Option<std::path::PathBuf>,

    #[command(flatten)]
    trust: Trust,
}

impl Request {
    /// The request for `uri`, as the options want it.
    pub(crate) fn make<R: driver::Runtime>(
        &self,
        uri: WebSocketUri,
    ) -> Result<driver::Connect<R, Dial>, Box<dyn StdError>> {
        // What is refused here was a mistake in the usage; what is refused later may be the server's.
        Subprotocols::new(&self.subprotocols)?;
        Origins::list(&self.origin)?;
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
        #[cfg(unix)]
        if let Some(path) = &self.unix {
            request = request.unix(path);
        }
        if let Some(tls) = self.trust.config()? {
            request = request.tls(tls);
        }
        Ok(request)
    }

    /// Whether the certificate of the server is not checked.
    pub(crate) const fn is_insecure(&self) -> bool {
        self.trust.is_insecure()
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

/// A time as options tell it.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
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
