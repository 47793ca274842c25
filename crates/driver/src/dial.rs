//! From a name to a TCP connection.

use std::{io, net::SocketAddr};

use sockeye_errors::{Error, InvalidUri, Operation};
use sockeye_handshake::WebSocketUri;

use crate::{Runtime, Stream, TcpOptions, deadline::Deadline};

/// Connects to the host of `uri`.
pub(crate) async fn dial<R: Runtime>(
    uri: &WebSocketUri,
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    if uri.is_secure() {
        return Err(InvalidUri::new(&uri.to_string(), "no TLS in this build").into());
    }
    let resolve = async { Ok(R::resolve(uri.host(), uri.port()).await?) };
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
