//! The raw echo with TLS: rustls on tokio without WebSocket, which returns the bytes that it reads.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Outcome, Peer, Setup, each_connection};
use crate::load::tls_certificate;

pub const PEER: Peer =
    Peer::server("raw-tls", "tokio-rustls", raw).over_tls().relative_to("raw-tls");

fn raw(setup: Setup) -> Outcome {
    let acceptor = TlsAcceptor::from(config()?);
    each_connection(setup, move |stream| echo_bytes(acceptor.clone(), stream))
}

async fn echo_bytes(acceptor: TlsAcceptor, stream: TcpStream) -> Outcome {
    let mut stream = acceptor.accept(stream).await?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => {
                stream.write_all(&buffer[..size]).await?;
                stream.flush().await?;
            }
        }
    }
}

/// Returns the configuration of a server with the certificate of the load generator.
pub fn config() -> Result<Arc<ServerConfig>, Box<dyn std::error::Error + Send + Sync>> {
    let (certificate, key) = tls_certificate::from_parent()?;
    let config = ServerConfig::builder().with_no_client_auth();
    Ok(Arc::new(config.with_single_cert(vec![certificate], key)?))
}
