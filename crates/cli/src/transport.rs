//! The options of the connection of the client: limits, deadlines and the way to the server.

use std::{error::Error as StdError, time::Duration};

use clap::Args;
use sockeye::{
    Config,
    client::{Connect, Dial, Proxy},
};

use crate::{
    runtime::Runtime,
    units::{seconds, size},
};

/// The options of the connection.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection options")]
pub(crate) struct Transport {
    /// Reconnect with exponential backoff after a temporary failure; no message is sent twice
    #[arg(long)]
    pub(crate) reconnect: bool,

    /// Maximum size of a received message, such as 65536, 64K, 1MB or 1MiB; the units are multiples of 1024
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

    /// Async runtime
    #[arg(long, value_enum, default_value = "tokio")]
    pub(crate) runtime: Runtime,
}

impl Transport {
    /// Adds the options to a request.
    pub(crate) fn apply<R: sockeye::connection::Sockets>(
        &self,
        request: Connect<R, Dial>,
    ) -> Result<Connect<R, Dial>, Box<dyn StdError>> {
        let mut config = Config::default();
        config.max_incoming_size = Some(self.max_size as u64);
        let mut request = request
            .config(config)
            .open_timeout(self.open_timeout)
            .close_timeout(self.close_timeout)
            .ping_interval(Some(self.ping_interval).filter(|interval| !interval.is_zero()))
            .ping_timeout(self.ping_timeout);
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
        Ok(request)
    }
}
