//! The options for TLS: certificates and keys from files.

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use sockeye::{
    client::{Connect, Dial},
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::insecure;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The certificate of this side.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS options")]
pub(crate) struct Certificate {
    /// Certificate chain to present (PEM); a server with a certificate serves wss://
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Certificate {
    /// Returns the TLS configuration of a server, or `None` without a certificate.
    pub(crate) fn config(&self) -> Result<Option<Arc<ServerConfig>>> {
        let Some((chain, key)) = self.read()? else { return Ok(None) };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Some(Arc::new(config)))
    }

    fn read(&self) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| format!("cannot read a key from {}: {error}", key.display()))?;
        Ok(Some((chain, key)))
    }
}

/// The TLS options of a client.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS options")]
pub(crate) struct Trust {
    /// Trust the certificates in this file (PEM) instead of those of the platform
    #[arg(long, visible_alias = "ca", value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// Accept any certificate of the server, and therefore any impostor: only for tests
    #[arg(long, short = 'k', conflicts_with = "tls_ca")]
    insecure: bool,

    #[command(flatten)]
    certificate: Certificate,
}

impl Trust {
    /// Adds the options to a request.
    pub(crate) fn apply<R: sockeye::connection::Sockets>(
        &self,
        request: Connect<R, Dial>,
    ) -> Result<Connect<R, Dial>> {
        Ok(match self.config()? {
            Some(tls) => request.tls(tls),
            None => request,
        })
    }

    /// Returns the TLS configuration of a client, or `None` for the default of the library.
    fn config(&self) -> Result<Option<Arc<ClientConfig>>> {
        let own = self.certificate.read()?;
        if self.tls_ca.is_none() && !self.insecure && own.is_none() {
            return Ok(None);
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let builder = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(insecure::verifier())
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        Ok(Some(Arc::new(match own {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        })))
    }

    /// Returns whether certificates are not verified.
    pub(crate) const fn is_insecure(&self) -> bool {
        self.insecure
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        match &self.tls_ca {
            Some(file) => {
                for certificate in certificates(file)? {
                    roots
                        .add(certificate)
                        .map_err(|error| format!("{}: {error}", file.display()))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        Ok(roots)
    }
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
