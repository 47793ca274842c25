//! TLS by rustls, over the streams of any runtime.

use std::{
    error::Error as StdError,
    fmt,
    future::{Future, poll_fn},
    io,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use futures_rustls::{
    TlsAcceptor, TlsConnector,
    pki_types::{CertificateDer, ServerName},
    rustls::{
        self, AlertDescription, ClientConfig, InvalidMessage, RootCertStore, ServerConfig,
        crypto::ring,
    },
};
use sockeye_errors::{Error, HandshakeError, InvalidUri, Operation, SecurityError};

use crate::{
    Connect, Dial, Runtime, Serve, Stream, deadline::Deadline, registry::Membership, trace, wire,
};

/// A stream inside TLS.
pub(crate) type TlsStream<R> = futures_rustls::TlsStream<Stream<R>>;

/// How a client speaks TLS: by default with the roots of the platform.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientTls(Option<Arc<ClientConfig>>);

/// How a server speaks TLS, if it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerTls(Option<Arc<ServerConfig>>);

impl ClientTls {
    /// Speaks TLS with the host `name`, whose certificate must say so.
    pub(crate) async fn handshake<R: Runtime>(
        &self,
        stream: Stream<R>,
        name: &str,
    ) -> Result<Stream<R>, Error> {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| {
            InvalidUri::new(&format!("wss://{name}"), "no certificate can name this host")
        })?;
        let config = match &self.0 {
            Some(config) => Arc::clone(config),
            None => platform()?,
        };
        match TlsConnector::from(config).connect(server, stream).await {
            Ok(mut stream) => {
                stream.get_mut().1.set_buffer_limit(Some(MAX_BUFFERED));
                Ok(TlsStream::from(stream).into())
            }
            Err(error) => Err(judge(error)),
        }
    }
}

impl ServerTls {
    /// Speaks TLS with a client, if that is wanted. Whoever is at it when the server closes cannot be told anything.
    pub(crate) async fn accept<R: Runtime>(
        &self,
        stream: Stream<R>,
        membership: &Membership,
        deadline: Deadline,
    ) -> Option<Stream<R>> {
        let Some(config) = &self.0 else { return Some(stream) };
        // Boxed: without TLS, the handshake is a tenth as large.
        let mut secure = Box::pin(secure(config, stream, deadline));
        poll_fn(|cx| match secure.as_mut().poll(cx) {
            Poll::Ready(stream) => Poll::Ready(stream.inspect_err(trace::refused).ok()),
            Poll::Pending => membership.poll_closing(cx).map(|()| None),
        })
        .await
    }
}

async fn secure<R: Runtime>(
    config: &Arc<ServerConfig>,
    stream: Stream<R>,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let accept = TlsAcceptor::from(Arc::clone(config)).accept(stream).into_fallible();
    let handshake = async { Ok(accept.await) };
    let (error, stream) = match deadline.hold::<R, _>(Operation::Tls, handshake).await? {
        Ok(mut stream) => {
            stream.get_mut().1.set_buffer_limit(Some(MAX_BUFFERED));
            return Ok(TlsStream::from(stream).into());
        }
        Err((error, stream)) => (judge(error), stream),
    };
    // An alert says why. It would be lost with a stream that is dropped while there are bytes to read.
    let mut stream = R::Stream::from(stream);
    wire::end::<R::Stream, R>(&mut stream, deadline).await;
    Err(error)
}

/// The stream that carries a stream inside TLS.
pub(crate) fn beneath<R: Runtime>(stream: &TlsStream<R>) -> &Stream<R> {
    stream.get_ref().0
}

impl<R: Runtime> Stream<R> {
    /// The certificates that the peer has shown, its own one first: those of a server, and those of a client of which they
    /// were demanded.
    pub fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.as_tls()?.get_ref().1.peer_certificates()
    }
}

impl<R> Connect<R, Dial> {
    /// Speaks TLS so: with roots of your own, or with a certificate of the client.
    ///
    /// By default the certificates of servers are checked against the roots of the platform, which `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` override. The name is always that of the URI; ALPN is always `http/1.1`.
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.way.tls = ClientTls(Some(for_http(config)));
        self
    }

    /// Speaks TLS with a proxy (`https://`) so; by default as with any host, with the roots of the platform.
    pub fn proxy_tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.way.proxy_tls = ClientTls(Some(for_http(config)));
        self
    }
}

impl<R, H, B> Serve<R, H, B> {
    /// Speaks TLS with all clients. ALPN is always `http/1.1`.
    ///
    /// With a configuration that demands certificates of clients, those that have none get no further than here, and a
    /// handler finds the others in [`Stream::peer_certificates`].
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        let mut config = Arc::unwrap_or_clone(config);
        config.alpn_protocols = vec![HTTP.to_vec()];
        self.tls = ServerTls(Some(Arc::new(config)));
        self.accept = self.accept.lingering(true);
        self
    }
}

/// A configuration that speaks of HTTP/1.1: a WebSocket is opened in no other way here.
fn for_http(config: Arc<ClientConfig>) -> Arc<ClientConfig> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![HTTP.to_vec()];
    Arc::new(config)
}

/// The configuration with the roots of the platform, which are read once, and again where that failed.
fn platform() -> Result<Arc<ClientConfig>, Error> {
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
    // The provider is named, so that it does not matter what others chose for the whole process.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = for_http(Arc::new(config));
    Ok(Arc::clone(platform.insert(config)))
}

/// Tells a refused certificate, the peer's or our own, from other failures, and what is no TLS.
pub(crate) fn judge(error: io::Error) -> Error {
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(failure) if is_refusal(failure) => {
            HandshakeError::from(SecurityError::Certificate(Arc::new(failure.clone()))).into()
        }
        Some(failure @ rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            io::Error::new(error.kind(), NoTls(failure.clone())).into()
        }
        _ => error.into(),
    }
}

/// What arrived is no record of TLS: most likely, the peer does not speak it.
#[derive(Debug)]
struct NoTls(rustls::Error);

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer does not seem to speak TLS")
    }
}

impl StdError for NoTls {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn is_refusal(failure: &rustls::Error) -> bool {
    match failure {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::InvalidCertRevocationList(_)
        | rustls::Error::NoCertificatesPresented => true,
        // RFC 8446 §6.2: what a peer says of a certificate, and of one that is missing.
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

/// Bytes that are encrypted before they are written. With 64 KiB, as by default, the end of a frame of that size would be a
/// record and a write of its own.
const MAX_BUFFERED: usize = 132 << 10;

/// RFC 7301 §6: the name of HTTP/1.1.
const HTTP: &[u8] = b"http/1.1";
