//! The certificates of a TLS peer.

use futures_rustls::pki_types::CertificateDer;

use crate::{Sockets, Stream};

impl<R: Sockets> Stream<R> {
    /// Returns the certificate chain of the peer, its own certificate first.
    ///
    /// A client sends one only to a server that requests it.
    pub fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.as_tls()?.get_ref().1.peer_certificates()
    }
}
