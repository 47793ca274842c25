//! The settings of a server that apply to each of its connections.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use sockeye_connection::ServerPolicy;
use sockeye_errors::HandshakeError;
use sockeye_handshake::{Limits, ServerOptions};
use sockeye_protocol::Config;

/// The settings of a server that apply to each of its connections. All connections share them.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The first invalid setting.
    invalid: Option<HandshakeError>,
    pub(crate) policy: Arc<ServerPolicy>,
    pub(crate) limits: Limits,
    pub(crate) config: Arc<Config>,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) wait_for_peer_eof: bool,
}

static DEFAULT: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    Arc::new(Settings {
        invalid: None,
        policy: ServerPolicy::shared_default(),
        limits: Limits::default(),
        config: Arc::new(Config::default()),
        open_timeout: Some(Duration::from_secs(10)),
        wait_for_peer_eof: false,
    })
});

impl Settings {
    pub(crate) fn shared_default() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// Returns the first invalid setting as an error.
    pub(crate) fn check(&self) -> Result<(), HandshakeError> {
        self.invalid.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn policy_mut(&mut self) -> &mut ServerPolicy {
        Arc::make_mut(&mut self.policy)
    }

    pub(crate) fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    /// Changes the options. An invalid value is reported when the server starts.
    pub(crate) fn set_option<E: Into<HandshakeError>>(
        &mut self,
        set: impl FnOnce(ServerOptions) -> Result<ServerOptions, E>,
    ) {
        match set((*self.policy.options).clone()) {
            Ok(options) => self.policy_mut().options = options.into(),
            Err(error) => {
                self.invalid.get_or_insert(error.into());
            }
        }
    }
}
