//! Connecting through a proxy: HTTP CONNECT, with or without TLS, and SOCKS.

use std::{future::poll_fn, io, net::SocketAddr, pin::Pin};

use futures_io::{AsyncRead, AsyncWrite};
use http::HeaderMap;
use sockeye_errors::{Error, HandshakeError, Operation, ProxyError, SocksReply};
use sockeye_net::{
    Deadline, Sockets, Stream, TcpOptions, no_address,
    tls::{self, ClientTls},
    with_address,
};
use sockeye_proxy::{
    ConnectReader, ConnectRequest, Environment, Proxy, ProxyScheme, SocksLookup, SocksPlan,
    SocksRequest,
};
use tokio_socks::io::Compat;

use super::socks::request_tunnel;
use crate::connect_tcp::connect_tcp;

/// The selection of a proxy.
#[derive(Clone, Debug, Default)]
pub(crate) enum Proxies {
    /// The proxy that the environment names for the host.
    #[default]
    Environment,
    /// No proxy.
    Direct,
    /// This proxy, for all hosts.
    One(Result<Proxy, ProxyError>),
}

impl Proxies {
    /// Selects the proxy for a host. `secure` stands for `wss`.
    pub(crate) fn select(
        &self,
        secure: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<Proxy>, Error> {
        let proxy = match self {
            Self::Environment => Environment::new(variable).select(secure, host, port),
            Self::Direct => Ok(None),
            Self::One(proxy) => proxy.clone().map(Some),
        };
        proxy.map_err(refused)
    }
}

/// Returns the value of an environment variable. One that is not Unicode is no proxy, and must not count as one that is not set.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Opens a tunnel to the target, a host and a port, through a proxy. `headers` are for an HTTP proxy, and `tls` applies to one
/// with the scheme `https`.
pub(crate) async fn tunnel<R: Sockets>(
    proxy: &Proxy,
    headers: HeaderMap,
    target: (&str, u16),
    options: &TcpOptions,
    tls: &ClientTls,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let opened = open_tunnel(proxy, headers, target, options, tls, deadline).await;
    opened.map_err(|error| {
        // The proxy may reject the client's certificate after the client has completed the TLS handshake.
        let error = match error {
            Error::Io(error) => tls::classify(error),
            error => error,
        };
        error.with_proxy(proxy)
    })
}

async fn open_tunnel<R: Sockets>(
    proxy: &Proxy,
    headers: HeaderMap,
    target: (&str, u16),
    options: &TcpOptions,
    tls: &ClientTls,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    if !proxy.scheme().is_http() {
        let requests = socks_requests::<R>(proxy, target, deadline).await?;
        return tunnel_through_socks(proxy, &requests, options, deadline).await;
    }
    // An invalid request fails before a connection is opened.
    let request = ConnectRequest::new(proxy, target.0, target.1, headers);
    let request = request.map_err(refused)?;
    let mut stream = connect_tcp::<R>(proxy.host(), proxy.port(), options, deadline).await?;
    if proxy.scheme() == ProxyScheme::Https {
        let handshake = tls.handshake(stream, proxy.host());
        stream = deadline.timeout::<R, _>(Operation::Tls, handshake).await?.into();
    }
    deadline.timeout::<R, _>(Operation::Proxy, connect_http(stream, &request)).await
}

/// Requests a tunnel from an HTTP proxy.
async fn connect_http<R: Sockets>(
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
            // A TLS stream that ends without an alert. The response is truncated all the same.
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

async fn write_all<R: Sockets>(stream: &mut Stream<R>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await?;
        if len == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[len..];
    }
    poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await
}

/// Returns the requests to a SOCKS proxy, one per address of the target. Resolves the name only if the scheme demands it.
async fn socks_requests<R: Sockets>(
    proxy: &Proxy,
    (host, port): (&str, u16),
    deadline: Deadline,
) -> Result<Vec<SocksRequest>, Error> {
    match SocksPlan::new(proxy, host, port).map_err(refused)? {
        SocksPlan::Ask(request) => Ok(vec![request]),
        SocksPlan::Resolve(lookup) => {
            let resolve = R::resolve(lookup.name(), lookup.port());
            let resolve = async { Ok(resolve.await.map_err(with_address(lookup.name()))?) };
            let addresses = deadline.timeout::<R, _>(Operation::Resolve, resolve).await?;
            requests(&lookup, &addresses)
        }
    }
}

/// Returns the requests for the addresses that the version of SOCKS supports.
fn requests(lookup: &SocksLookup, addresses: &[SocketAddr]) -> Result<Vec<SocksRequest>, Error> {
    let mut error = no_address().into();
    let mut requests = Vec::new();
    for address in addresses {
        match lookup.request(address.ip()) {
            Ok(request) => requests.push(request),
            Err(refusal) => error = refused(refusal),
        }
    }
    if requests.is_empty() { Err(error) } else { Ok(requests) }
}

/// Sends the requests to a SOCKS proxy one after the other, until one succeeds.
async fn tunnel_through_socks<R: Sockets>(
    proxy: &Proxy,
    requests: &[SocksRequest],
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let mut error = no_address().into();
    for request in requests {
        let stream = connect_tcp::<R>(proxy.host(), proxy.port(), options, deadline).await?;
        match deadline.timeout::<R, _>(Operation::Proxy, connect_socks(stream, request)).await {
            Err(refusal) if is_about_address(&refusal) => error = refusal,
            connected => return connected,
        }
    }
    Err(error)
}

/// Returns whether the proxy may accept another address: a general failure, no route, a timeout, or an unsupported address
/// type. A rejection by its rules applies to all addresses.
fn is_about_address(error: &Error) -> bool {
    let Error::Handshake(HandshakeError::Proxy(ProxyError::Socks(error))) = error else {
        return false;
    };
    matches!(error.reply, SocksReply::V4(91) | SocksReply::V5(1 | 3..=6 | 8))
}

async fn connect_socks<R: Sockets>(
    stream: Stream<R>,
    request: &SocksRequest,
) -> Result<Stream<R>, Error> {
    request_tunnel(Compat::new(stream), request).await.map(Compat::into_inner)
}

fn refused(error: ProxyError) -> Error {
    HandshakeError::from(error).into()
}
