//! The TLS options of [`Connect`].

use std::sync::Arc;

use sockeye_net::{rustls::ClientConfig, tls::ClientTls};

use crate::{Connect, Dial};

impl<R> Connect<R, Dial> {
    /// Sets the TLS configuration, for example to trust other root certificates or to send a client certificate.
    ///
    /// By default the client trusts the root certificates of the platform, which `SSL_CERT_FILE` and `SSL_CERT_DIR` override.
    /// The server name is always that of the URI, and ALPN is always `http/1.1`. The configuration applies to `wss` URIs.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::sync::Arc;
    /// use sockeye::rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
    ///
    /// # fn private_root() -> CertificateDer<'static> { CertificateDer::from(Vec::new()) }
    /// let mut roots = RootCertStore::empty();
    /// roots.add(private_root()).expect("a valid certificate");
    /// let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    /// let ws = sockeye::connect("wss://internal.example.com").tls(Arc::new(config)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.transport.tls = ClientTls::new(config);
        self
    }

    /// Sets the TLS configuration for a proxy with the scheme `https`. By default the client trusts the root certificates of
    /// the platform.
    pub fn proxy_tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.transport.proxy_tls = ClientTls::new(config);
        self
    }
}
