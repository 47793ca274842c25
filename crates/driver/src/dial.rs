//! From a URI to a stream to its host: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{io, net::SocketAddr};

use sockeye_errors::{Error, Operation};
use sockeye_handshake::WebSocketUri;

use crate::{Dial, Runtime, Stream, TcpOptions, deadline::Deadline};

/// Connects to the host of `uri`, as far as its scheme asks for.
pub(crate) async fn dial<R: Runtime>(
    uri: &WebSocketUri,
    way: &Dial,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let stream = connect::<R>(uri.host(), uri.port(), &way.tcp, deadline).await?;
    if !uri.is_secure() {
        return Ok(stream);
    }
    let handshake = way.tls.handshake(stream, uri.server_name());
    deadline.hold::<R, _>(Operation::Tls, handshake).await
}

/// Connects to a host by TCP.
async fn connect<R: Runtime>(
    host: &str,
    port: u16,
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let resolve = async { Ok(R::resolve(host, port).await?) };
    let addresses = deadline.hold::<R, _>(Operation::Resolve, resolve).await?;
    let connect = async { Ok(connect_any::<R>(addresses, options).await?) };
    Ok(Stream::tcp(deadline.hold::<R, _>(Operation::Connect, connect).await?))
}

/// Connects to the first address that answers.
async fn connect_any<R: Runtime>(
    addresses: Vec<SocketAddr>,
    options: &TcpOptions,
) -> io::Result<R::Tcp> {
    let mut error = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match R::connect_tcp(address, options).await {
            Ok(stream) => return Ok(stream),
            Err(e) => error = e,
        }
    }
    Err(error)
}
