//! The certificate of the measured TLS servers. The load generator creates it and trusts no other.

use std::fmt::Write;
use std::io;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};

/// A certificate for [`NAME`] and its private key.
struct Certificate {
    der: Vec<u8>,
    key: Vec<u8>,
}

/// Returns the configuration of a client that trusts the certificate of this process.
pub fn client_config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(of_this_process()?.der.clone().into()).map_err(io::Error::other)?;
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// Passes the certificate of this process to a child process, in its environment.
pub fn pass_to_child(command: &mut Command) -> io::Result<()> {
    let certificate = of_this_process()?;
    command.env(CERTIFICATE, hex(&certificate.der)).env(KEY, hex(&certificate.key));
    Ok(())
}

/// Returns the certificate and the key that the parent process has passed.
pub fn from_parent() -> io::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let [certificate, key] = [CERTIFICATE, KEY].map(|name| {
        let hex = std::env::var(name).map_err(io::Error::other)?;
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        bytes.collect::<Result<Vec<u8>, _>>().map_err(io::Error::other)
    });
    Ok((certificate?.into(), PrivatePkcs8KeyDer::from(key?).into()))
}

fn of_this_process() -> io::Result<&'static Certificate> {
    static CREATED: OnceLock<Certificate> = OnceLock::new();
    if let Some(identity) = CREATED.get() {
        return Ok(identity);
    }
    let created =
        rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    let der = created.cert.der().to_vec();
    Ok(CREATED.get_or_init(|| Certificate { der, key: created.signing_key.serialize_der() }))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}

/// The host name in the certificate.
pub const NAME: &str = "localhost";

const CERTIFICATE: &str = "SOCKEYE_BENCH_CERTIFICATE";
const KEY: &str = "SOCKEYE_BENCH_KEY";
