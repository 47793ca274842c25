//! The TLS option of [`Serve`].

use std::sync::Arc;

use sockeye_net::{rustls::ServerConfig, tls::ServerTls};

use crate::Serve;

impl<R, H, B> Serve<R, H, B> {
    /// Serves `wss`: performs a TLS handshake with every client. ALPN is always `http/1.1`.
    ///
    /// If the configuration demands client certificates, a client without one fails in the TLS handshake. A handler finds
    /// the certificates in [`Stream::peer_certificates`](sockeye_net::Stream::peer_certificates).
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = ServerTls::new(config);
        // A TLS stream ends with an alert, which the client may still be sending.
        self.accept = self.accept.wait_for_peer_eof(true);
        self
    }
}
