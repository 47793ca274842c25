//! TLS through rustls, over the streams of any runtime.

use std::{
    error::Error as StdError,
    fmt,
    future::{Future, poll_fn},
    io,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};
use futures_rustls::{
    TlsAcceptor, TlsConnector,
    pki_types::ServerName,
    rustls::{
        self, AlertDescription, ClientConfig, InvalidMessage, RootCertStore, ServerConfig,
        crypto::ring,
    },
};
use sockeye_errors::{Error, HandshakeError, InvalidUri, Operation, SecurityError};

use crate::{Deadline, Runtime};

/// A TLS stream.
pub type TlsStream<S> = futures_rustls::TlsStream<S>;

/// The TLS configuration of a client. By default it trusts the root certificates of the platform.
#[derive(Clone, Debug, Default)]
pub struct ClientTls(Option<Arc<ClientConfig>>);

/// The TLS configuration of a server. By default the server does not use TLS.
#[derive(Clone, Debug, Default)]
pub struct ServerTls(Option<Arc<ServerConfig>>);

impl ClientTls {
    /// Uses a configuration of the application, with ALPN set to `http/1.1`.
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self(Some(with_http1_alpn(config)))
    }

    /// Performs the TLS handshake with the host `name`, which the certificate must be valid for.
    ///
    /// # Errors
    ///
    /// Returns [`SecurityError::Certificate`] if either side rejects a certificate, and an I/O error otherwise.
    pub async fn handshake<S>(&self, stream: S, name: &str) -> Result<TlsStream<S>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| {
            InvalidUri::new(&format!("wss://{name}"), "no certificate can name this host")
        })?;
        let config = match &self.0 {
            Some(config) => Arc::clone(config),
            None => platform_config()?,
        };
        match TlsConnector::from(config).connect(server, stream).await {
            Ok(mut stream) => {
                stream.get_mut().1.set_buffer_limit(Some(MAX_BUFFERED));
                Ok(stream.into())
            }
            Err(error) => Err(classify(error)),
        }
    }
}

impl ServerTls {
    /// Uses a configuration of the application, with ALPN set to `http/1.1`.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        let mut config = Arc::unwrap_or_clone(config);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Self(Some(Arc::new(config)))
    }

    /// Returns whether the server uses TLS.
    pub const fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Performs the TLS handshake with a client.
    ///
    /// `closing` is polled meanwhile. If it is ready, the handshake is abandoned and the result is `None`.
    ///
    /// # Errors
    ///
    /// Returns [`SecurityError::Certificate`] if either side rejects a certificate, a timeout after the deadline, and an
    /// I/O error otherwise. The stream must be shut down and drained before it is dropped, so that the client receives the
    /// alert with the reason. After a timeout there is no stream.
    pub async fn accept<S, R>(
        &self,
        stream: S,
        mut closing: impl FnMut(&mut Context<'_>) -> Poll<()>,
        deadline: Deadline,
    ) -> Result<Option<TlsStream<S>>, (Error, Option<S>)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
        R: Runtime,
    {
        let Some(config) = &self.0 else {
            return Err((io::Error::other("the server does not use TLS").into(), Some(stream)));
        };
        // Boxed, because without it the future of a handshake without TLS would be ten times as large.
        let mut handshake = Box::pin(handshake::<S, R>(config, stream, deadline));
        poll_fn(|cx| match handshake.as_mut().poll(cx) {
            Poll::Ready(stream) => Poll::Ready(stream.map(Some)),
            Poll::Pending => closing(cx).map(|()| Ok(None)),
        })
        .await
    }
}

async fn handshake<S, R>(
    config: &Arc<ServerConfig>,
    stream: S,
    deadline: Deadline,
) -> Result<TlsStream<S>, (Error, Option<S>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
    R: Runtime,
{
    let accept = TlsAcceptor::from(Arc::clone(config)).accept(stream).into_fallible();
    let accept = async { Ok(accept.await) };
    match deadline.timeout::<R, _>(Operation::Tls, accept).await {
        Ok(Ok(mut stream)) => {
            stream.get_mut().1.set_buffer_limit(Some(MAX_BUFFERED));
            Ok(stream.into())
        }
        Ok(Err((error, stream))) => Err((classify(error), Some(stream))),
        Err(error) => Err((error, None)),
    }
}

/// Returns the stream that carries a TLS stream.
pub fn inner<S>(stream: &TlsStream<S>) -> &S {
    stream.get_ref().0
}

/// Sets ALPN to HTTP/1.1, the only version in which this crate opens a connection.
fn with_http1_alpn(config: Arc<ClientConfig>) -> Arc<ClientConfig> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Arc::new(config)
}

/// Returns the configuration with the root certificates of the platform. They are read once; a failure is not cached.
fn platform_config() -> Result<Arc<ClientConfig>, Error> {
    static PLATFORM: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);
    let mut platform = PLATFORM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = &*platform {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let problem = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("the platform has no root certificates{problem}"),
        )
        .into());
    }
    // An explicit provider, because another part of the process may have installed a different default.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = with_http1_alpn(Arc::new(config));
    Ok(Arc::clone(platform.insert(config)))
}

/// Converts an I/O error of a TLS stream: distinguishes rejected certificates, of either side, and peers that do not
/// speak TLS from other failures.
pub fn classify(error: io::Error) -> Error {
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(failure) if is_certificate_error(failure) => {
            HandshakeError::from(SecurityError::Certificate(Arc::new(failure.clone()))).into()
        }
        Some(failure @ rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            io::Error::new(error.kind(), NotTls(failure.clone())).into()
        }
        _ => error.into(),
    }
}

/// The error for bytes that are not a TLS record. Most likely the peer does not speak TLS.
#[derive(Debug)]
struct NotTls(rustls::Error);

impl fmt::Display for NotTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer does not seem to speak TLS")
    }
}

impl StdError for NotTls {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn is_certificate_error(failure: &rustls::Error) -> bool {
    match failure {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::InvalidCertRevocationList(_)
        | rustls::Error::NoCertificatesPresented => true,
        // RFC 8446 §6.2: the alerts about a certificate or its absence.
        rustls::Error::AlertReceived(alert) => matches!(
            alert,
            AlertDescription::NoCertificate
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::CertificateRequired
        ),
        _ => false,
    }
}

/// The number of bytes that are encrypted before they are written. With the default of 64 KiB, a frame of that size and its
/// header take two records and two writes.
const MAX_BUFFERED: usize = 132 << 10;

/// RFC 7301 §6: the ALPN name of HTTP/1.1.
const HTTP_1_1: &[u8] = b"http/1.1";
