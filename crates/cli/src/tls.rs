//! TLS as the options want it: certificates and keys from files.

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use sockeye::rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A server's certificate.
#[derive(Debug, Args)]
pub(crate) struct Certificate {
    /// Speak TLS with this certificate and those that vouch for it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Certificate {
    /// How to speak TLS, if that is wanted.
    pub(crate) fn config(&self) -> Result<Option<Arc<ServerConfig>>> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| format!("cannot read a key from {}: {error}", key.display()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Some(Arc::new(config)))
    }
}

/// How a client speaks TLS that trusts the certificates of this file and no others.
pub(crate) fn trusting(file: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(format!("there is no certificate in {}", file.display()).into())
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => {
            Err(format!("cannot read certificates from {}: {error}", file.display()).into())
        }
    }
}
