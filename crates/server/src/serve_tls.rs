//! The TLS option of [`Serve`].

use std::sync::Arc;

use sockeye_net::{rustls::ServerConfig, tls::ServerTls};

use crate::Serve;

impl<R, A> Serve<R, A> {
    /// Serves `wss`: performs a TLS handshake with every client. ALPN is always `http/1.1`.
    ///
    /// If the configuration demands client certificates, a client without one fails in the TLS handshake. A handler finds the
    /// certificates in [`Stream::peer_certificates`](sockeye_net::Stream::peer_certificates).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::sync::Arc;
    /// use sockeye::rustls::{ServerConfig, pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject}};
    ///
    /// let chain = CertificateDer::pem_file_iter("chain.pem")
    ///     .and_then(Iterator::collect::<Result<Vec<_>, _>>)
    ///     .expect("valid certificates");
    /// let key = PrivateKeyDer::from_pem_file("key.pem").expect("a valid key");
    /// let config = ServerConfig::builder()
    ///     .with_no_client_auth()
    ///     .with_single_cert(chain, key)
    ///     .expect("the key belongs to the certificate");
    /// let server = sockeye::serve("0.0.0.0:443", handle).tls(Arc::new(config)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = ServerTls::new(config);
        // A TLS stream ends with an alert, which the client may still be sending.
        self.accept = self.accept.wait_for_peer_eof(true);
        self
    }
}
