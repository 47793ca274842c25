//! Every kind of agreement on permessage-deflate.

use sockeye_deflate::{Agreement, DeflateConfig};
use sockeye_protocol::{Config, MaskSource, Role};

use crate::connection::Connection;
use crate::pair::{Finish, connection};

/// The settings that are worth telling apart.
pub(crate) fn settings() -> Vec<(&'static str, DeflateConfig)> {
    let all = DeflateConfig::default().threshold(0);
    vec![
        ("default", DeflateConfig::default()),
        ("everything compressed", all),
        ("no takeover", all.no_context_takeover(true).peer_no_context_takeover(true)),
        ("takeover one way", all.no_context_takeover(true)),
        ("small windows", all.window_bits(9).peer_window_bits(9)),
        ("large windows", all.window_bits(15).peer_window_bits(15)),
    ]
}

/// The agreement of a client and a server with the same settings: the view of the client, and that of the server.
pub(crate) fn agree(settings: &DeflateConfig) -> (Agreement, Agreement) {
    let (_, answer, server) =
        settings.answer_first(&settings.offers()).expect("an offer of the same settings");
    (settings.accept(&answer).expect("an answer to the offer"), server)
}

impl Connection {
    /// Enables compression in both directions.
    pub(crate) fn compress(self, settings: &DeflateConfig, agreement: Agreement) -> Self {
        let Self { sender, receiver, now } = self;
        Self {
            sender: sender.compress(settings, &agreement),
            receiver: receiver.decompress(&agreement),
            now,
        }
    }
}

/// The two endpoints with their agreement.
pub(crate) fn link(config: &Config, settings: &DeflateConfig) -> (Connection, Connection) {
    let (ours, theirs) = agree(settings);
    let client = connection(Role::Client, config).compress(settings, ours);
    let server = connection(Role::Server, config).compress(settings, theirs);
    (client, server)
}

/// The two endpoints with every setting, and without the extension, with the keys of `masks`.
pub(crate) fn links_masked_by(
    config: &Config,
    masks: MaskSource,
) -> Vec<(&'static str, Connection, Connection)> {
    let client = || Connection::client(config.clone(), masks);
    let mut links = vec![("plain", client(), connection(Role::Server, config))];
    links.extend(settings().into_iter().map(|(name, settings)| {
        let (ours, theirs) = agree(&settings);
        let server = connection(Role::Server, config).compress(&settings, theirs);
        (name, client().compress(&settings, ours), server)
    }));
    links
}

pub(crate) fn links(config: &Config) -> Vec<(String, Connection, Connection)> {
    let link = |(name, settings): (&str, DeflateConfig)| {
        let (client, server) = link(config, &settings);
        (name.to_owned(), client, server)
    };
    settings().into_iter().map(link).collect()
}

/// Functions that configure a connection, and whether they enable compression.
pub(crate) fn alternatives() -> Vec<(bool, Finish)> {
    let settings = DeflateConfig::default();
    let (agreement, _) = agree(&settings);
    let compressed = move |connection: Connection| connection.compress(&settings, agreement);
    vec![(false, Box::new(|connection| connection)), (true, Box::new(compressed))]
}
