//! The options for the rules of the server about requests: origins and limits.

use clap::Args;
use sockeye::{
    error::InvalidOrigin,
    server::{Limits, Origins},
};

use crate::units::size;

/// The rules for requests.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request options")]
pub(crate) struct RequestRules {
    #[arg(
        long = "origin",
        value_name = "ORIGIN",
        help = "Accept browsers from this origin, such as https://example.com; may be repeated [default: the server's own \
                origin]"
    )]
    origins: Vec<String>,

    /// Accept browsers from every origin, and therefore every web site: only for tests
    #[arg(long, conflicts_with = "origins")]
    any_origin: bool,

    /// Maximum size of a header line, such as 65536 or 64K; cookies are the longest ones
    #[arg(long, value_name = "BYTES", default_value = "16K", value_parser = size)]
    max_line: usize,

    /// Maximum size of all header lines together [default: 32K, or twice the maximum of a line]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_head: Option<usize>,

    /// Maximum number of header lines
    #[arg(long, value_name = "N", default_value = "100")]
    max_headers: usize,
}

impl RequestRules {
    /// Returns the origins that are accepted.
    pub(crate) fn origins(&self) -> Result<Origins, InvalidOrigin> {
        match &*self.origins {
            _ if self.any_origin => Ok(Origins::any()),
            [] => Ok(Origins::same()),
            origins => Origins::list(origins),
        }
    }

    /// Returns the limits for the head of a request.
    pub(crate) fn limits(&self) -> Limits {
        let default = Limits::default().max_head.max(self.max_line.saturating_mul(2));
        Limits::default()
            .max_line(self.max_line)
            .max_head(self.max_head.unwrap_or(default))
            .max_headers(self.max_headers)
    }
}
