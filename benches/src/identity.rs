//! The certificate of the servers that speak TLS: made by the load generator, which trusts no other.

use std::fmt::Write;
use std::io;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};

/// A certificate for [`NAME`], and its key.
struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// What a client of a server with the identity of this process needs.
pub fn client() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(of_this_process()?.certificate.clone().into()).map_err(io::Error::other)?;
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// Hands the identity of this process to the one that is about to start.
pub fn hand_down(command: &mut Command) -> io::Result<()> {
    let identity = of_this_process()?;
    command.env(CERTIFICATE, hex(&identity.certificate)).env(KEY, hex(&identity.key));
    Ok(())
}

/// The identity that the process which started this one handed down.
pub fn handed_down() -> io::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let [certificate, key] = [CERTIFICATE, KEY].map(|name| {
        let hex = std::env::var(name).map_err(io::Error::other)?;
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        bytes.collect::<Result<Vec<u8>, _>>().map_err(io::Error::other)
    });
    Ok((certificate?.into(), PrivatePkcs8KeyDer::from(key?).into()))
}

fn of_this_process() -> io::Result<&'static Identity> {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    if let Some(identity) = IDENTITY.get() {
        return Ok(identity);
    }
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    let certificate = made.cert.der().to_vec();
    Ok(IDENTITY.get_or_init(|| Identity { certificate, key: made.signing_key.serialize_der() }))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}

/// The name that the certificate is for.
pub const NAME: &str = "localhost";

const CERTIFICATE: &str = "SOCKEYE_BENCH_CERTIFICATE";
const KEY: &str = "SOCKEYE_BENCH_KEY";
