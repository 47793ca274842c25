//! Without the extension there is nothing to agree on.

use sockeye_protocol::{Config, MaskSource, Role};

use crate::connection::Connection;
use crate::pair::{Finish, connection};

pub(crate) fn links_masked_by(
    config: &Config,
    masks: MaskSource,
) -> Vec<(&'static str, Connection, Connection)> {
    vec![("plain", Connection::client(config.clone(), masks), connection(Role::Server, config))]
}

pub(crate) fn links(_: &Config) -> Vec<(String, Connection, Connection)> {
    Vec::new()
}

/// Functions that configure a connection, and whether they enable compression.
pub(crate) fn alternatives() -> Vec<(bool, Finish)> {
    vec![(false, Box::new(|connection| connection))]
}
