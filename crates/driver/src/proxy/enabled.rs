//! The way through a proxy: HTTP CONNECT, inside TLS or not, and SOCKS.

use std::{future::poll_fn, io, net::SocketAddr, pin::Pin};

use futures_io::{AsyncRead, AsyncWrite};
use http::HeaderMap;
use sockeye_errors::{Error, HandshakeError, Operation, ProxyError, SocksReply};
use sockeye_proxy::{
    ConnectReader, ConnectRequest, Environment, Proxy, ProxyScheme, SocksLookup, SocksPlan,
    SocksRequest, SocksVersion,
};
use tokio_socks::{
    io::Compat,
    tcp::{Socks4Stream, Socks5Stream},
};

use crate::{Connect, Dial, Runtime, Stream, TcpOptions, deadline::Deadline, dial, tls::ClientTls};

/// Which proxy leads to which host.
#[derive(Clone, Debug, Default)]
pub(crate) enum Proxies {
    /// The one that the environment names.
    #[default]
    Environment,
    /// None.
    Direct,
    /// This one, to all hosts.
    One(Result<Proxy, ProxyError>),
}

impl Proxies {
    /// The proxy that leads to this host; `secure` for `wss`.
    pub(crate) fn select(
        &self,
        secure: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<Proxy>, Error> {
        let proxy = match self {
            Self::Environment => {
                Environment::new(|name| std::env::var(name).ok()).select(secure, host, port)
            }
            Self::Direct => Ok(None),
            Self::One(proxy) => proxy.clone().map(Some),
        };
        proxy.map_err(refused)
    }
}

impl<R> Connect<R, Dial> {
    /// Goes through this proxy, whatever the environment says and whatever the host:
    /// `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`.
    ///
    /// With `socks4` and `socks5` names are looked up here, and the proxy is asked for one address after the other; with
    /// all others the proxy looks them up. By default the environment decides: see [`Environment`].
    pub fn proxy<P>(mut self, proxy: P) -> Self
    where
        P: TryInto<Proxy>,
        P::Error: Into<ProxyError>,
    {
        self.way.proxies = Proxies::One(proxy.try_into().map_err(Into::into));
        self
    }

    /// Goes through no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.way.proxies = Proxies::Direct;
        self
    }
}

/// A stream to the target, a host and a port, through the proxy, with which to speak `tls` if it asks for it.
pub(crate) async fn tunnel<R: Runtime>(
    proxy: &Proxy,
    target: (&str, u16),
    options: &TcpOptions,
    tls: &ClientTls,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    if !proxy.scheme().is_http() {
        let requests = socks_requests::<R>(proxy, target, deadline).await?;
        return tunnel_by_socks(proxy, &requests, options, deadline).await;
    }
    // What cannot be asked for is refused before anybody is connected to.
    let request = ConnectRequest::new(proxy, target.0, target.1, HeaderMap::new());
    let request = request.map_err(refused)?;
    let mut stream = dial::connect::<R>(proxy.host(), proxy.port(), options, deadline).await?;
    if proxy.scheme() == ProxyScheme::Https {
        let handshake = tls.handshake(stream, proxy.host());
        stream = deadline.hold::<R, _>(Operation::Tls, handshake).await?;
    }
    deadline.hold::<R, _>(Operation::Proxy, ask_http(stream, &request)).await
}

/// Asks an HTTP proxy for a tunnel.
async fn ask_http<R: Runtime>(
    mut stream: Stream<R>,
    request: &ConnectRequest,
) -> Result<Stream<R>, Error> {
    let mut bytes = Vec::new();
    request.encode(&mut bytes);
    write_all(&mut stream, &bytes).await?;
    let mut reader = ConnectReader::new();
    let mut buffer = [0; 1024];
    loop {
        let read = poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, &mut buffer)).await;
        let len = match read {
            // Inside TLS, an end that is none of TLS; the answer is cut off all the same.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            read => read?,
        };
        if len == 0 {
            reader.handle_eof().map_err(refused)?;
        } else if reader.handle_received(&buffer[..len]).map_err(refused)? {
            return Ok(stream);
        }
    }
}

async fn write_all<R: Runtime>(stream: &mut Stream<R>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await?;
        if len == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[len..];
    }
    poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await
}

/// What a SOCKS proxy is to be asked, one address of the target after the other; the name is looked up here only where
/// the scheme says so.
async fn socks_requests<R: Runtime>(
    proxy: &Proxy,
    (host, port): (&str, u16),
    deadline: Deadline,
) -> Result<Vec<SocksRequest>, Error> {
    match SocksPlan::new(proxy, host, port).map_err(refused)? {
        SocksPlan::Ask(request) => Ok(vec![request]),
        SocksPlan::Resolve(lookup) => {
            let resolve = R::resolve(lookup.name(), lookup.port());
            let resolve = async { Ok(resolve.await.map_err(dial::at(lookup.name()))?) };
            let addresses = deadline.hold::<R, _>(Operation::Resolve, resolve).await?;
            requests(&lookup, &addresses)
        }
    }
}

/// The requests for those addresses that the version of SOCKS can carry.
fn requests(lookup: &SocksLookup, addresses: &[SocketAddr]) -> Result<Vec<SocksRequest>, Error> {
    let mut error = dial::no_address().into();
    let mut requests = Vec::new();
    for address in addresses {
        match lookup.request(address.ip()) {
            Ok(request) => requests.push(request),
            Err(refusal) => error = refused(refusal),
        }
    }
    if requests.is_empty() { Err(error) } else { Ok(requests) }
}

/// Asks a SOCKS proxy for one address of the target after the other, until it can reach one.
async fn tunnel_by_socks<R: Runtime>(
    proxy: &Proxy,
    requests: &[SocksRequest],
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let mut error = dial::no_address().into();
    for request in requests {
        let stream = dial::connect::<R>(proxy.host(), proxy.port(), options, deadline).await?;
        match deadline.hold::<R, _>(Operation::Proxy, ask_socks(stream, request)).await {
            Err(refusal) if is_about_address(&refusal) => error = refusal,
            asked => return asked,
        }
    }
    Err(error)
}

/// Whether the proxy might say yes to another address: it failed, it has no route, nobody answered, or it knows no such
/// addresses. Its rules are another matter.
fn is_about_address(error: &Error) -> bool {
    let Error::Handshake(HandshakeError::Proxy(ProxyError::Socks(error))) = error else {
        return false;
    };
    matches!(error.reply, SocksReply::V4(91) | SocksReply::V5(1 | 3..=6 | 8))
}

async fn ask_socks<R: Runtime>(
    stream: Stream<R>,
    request: &SocksRequest,
) -> Result<Stream<R>, Error> {
    let (target, stream) = (request.target(), Compat::new(stream));
    let asked = match (request.version(), request.credentials()) {
        (SocksVersion::V4, None) => {
            let asked = Socks4Stream::connect_with_socket(stream, target).await;
            asked.map(Socks4Stream::into_inner)
        }
        (SocksVersion::V4, Some((user, _))) => {
            let asked = Socks4Stream::connect_with_userid_and_socket(stream, target, user).await;
            asked.map(Socks4Stream::into_inner)
        }
        (SocksVersion::V5, None) => {
            let asked = Socks5Stream::connect_with_socket(stream, target).await;
            asked.map(Socks5Stream::into_inner)
        }
        (SocksVersion::V5, Some((user, password))) => {
            let asked =
                Socks5Stream::connect_with_password_and_socket(stream, target, user, password);
            asked.await.map(Socks5Stream::into_inner)
        }
    };
    asked.map(Compat::into_inner).map_err(|failure| request.version().error(failure))
}

fn refused(error: ProxyError) -> Error {
    HandshakeError::from(error).into()
}
