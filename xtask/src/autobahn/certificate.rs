//! The certificate for `wss`: of the loopback, signed by itself, made by OpenSSL for one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::install::debian;
use crate::outcome::Result;
use crate::process::{command, quietly};

pub(crate) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        debian("openssl", &["openssl"])?;
        let made = Self { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        let mut openssl = command("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        openssl.args(["-subj", "/CN=autobahn", "-addext", "subjectAltName=IP:127.0.0.1"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.arg("-out").arg(&made.certificate).arg("-keyout").arg(&made.key);
        quietly(&mut openssl)?;
        Ok(made)
    }

    /// Our echo server shows it.
    pub(crate) fn show(&self, server: &mut Command) {
        server.arg("--tls-cert").arg(&self.certificate).arg("--tls-key").arg(&self.key);
    }

    /// The suite's server shows it: of its options for that, those of the command line are not passed on.
    pub(crate) fn show_by_suite(&self, spec: &mut Value) {
        spec["cert"] = json!(self.certificate);
        spec["key"] = json!(self.key);
    }

    /// Our client trusts it, as if it were one of the roots of the platform, and no other.
    pub(crate) fn trust(&self, client: &mut Command) {
        client.env("SSL_CERT_FILE", &self.certificate).env_remove("SSL_CERT_DIR");
    }
}
