//! A certificate authority for tests, and certificates that a client has to refuse.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints, date_time_ymd,
};
use sockeye::rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

/// A certificate authority.
#[expect(missing_debug_implementations, reason = "it holds a private key")]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
}

impl Authority {
    /// Creates an authority with a fresh key.
    #[expect(clippy::new_without_default, reason = "each authority is a different one")]
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = name("The authority of the tests");
        change(&mut params);
        let key = KeyPair::generate().expect("there is randomness");
        let root = params.self_signed(&key).expect("the parameters make sense");
        Self { issuer: Issuer::new(params, key), root }
    }

    /// An authority of another name.
    pub fn stranger() -> Self {
        Self::with(|params| params.distinguished_name = name("Somebody else's authority"))
    }

    /// An authority that may speak for other names only.
    pub fn constrained() -> Self {
        Self::with(|params| {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".to_owned())],
                excluded_subtrees: Vec::new(),
            });
        })
    }

    /// A client that trusts the authority.
    pub fn client(&self) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are known");
        Arc::new(builder.with_root_certificates(self.roots()).with_no_client_auth())
    }

    /// A client that trusts the authority, and has a certificate of `issuer`.
    pub fn client_known_to(&self, issuer: &Self) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are known");
        let builder = builder.with_root_certificates(self.roots());
        let (chain, key) = issuer.sign(&[], |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        Arc::new(builder.with_client_auth_cert(chain, key).expect("it fits"))
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).expect("a certificate");
        roots
    }

    /// The certificate of the authority itself, as in a file of roots.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.root.der());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// A server with a certificate for `localhost` and 127.0.0.1.
    pub fn server(&self) -> Arc<ServerConfig> {
        self.server_with(&["localhost", "127.0.0.1"], |_| {})
    }

    /// A server with a certificate for these names.
    pub fn server_with(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Arc<ServerConfig> {
        let (chain, key) = self.sign(names, change);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are known");
        let builder = builder.with_no_client_auth();
        Arc::new(builder.with_single_cert(chain, key).expect("it fits"))
    }

    /// A server that demands a certificate of the authority from its clients, and speaks this version of TLS.
    pub fn demanding_server(
        &self,
        version: &'static SupportedProtocolVersion,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(self.roots());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let verifier = verifier.build().expect("there is a root");
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[version]).expect("it is known");
        let (chain, key) = self.sign(&["localhost", "127.0.0.1"], |_| {});
        let builder = builder.with_client_cert_verifier(verifier);
        Arc::new(builder.with_single_cert(chain, key).expect("it fits"))
    }

    /// A certificate for these names, of a server where nothing else is said, and its key.
    fn sign(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("the names are names");
        params.distinguished_name = name("Somebody in the tests");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.signed_by(&key, &self.issuer).expect("the parameters make sense");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (vec![certificate.der().clone()], key)
    }
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// Returns cases that a client has to reject: the defect, the host of the URI, the client's and the server's configuration.
pub fn bad_certificates() -> Vec<(&'static str, &'static str, Arc<ClientConfig>, Arc<ServerConfig>)>
{
    let authority = Authority::new();
    let constrained = Authority::constrained();
    let trusted = || authority.client();
    let shown =
        |names: &[&str], change: fn(&mut CertificateParams)| authority.server_with(names, change);
    vec![
        (
            "expired",
            "localhost",
            trusted(),
            shown(&["localhost"], |params| {
                params.not_after = date_time_ymd(2020, 1, 1);
            }),
        ),
        (
            "not yet valid",
            "localhost",
            trusted(),
            shown(&["localhost"], |params| {
                params.not_before = date_time_ymd(2999, 1, 1);
                params.not_after = date_time_ymd(3000, 1, 1);
            }),
        ),
        ("wrong name", "localhost", trusted(), shown(&["example.com", "127.0.0.1"], |_| {})),
        ("wrong address", "127.0.0.1", trusted(), shown(&["localhost", "192.0.2.1"], |_| {})),
        ("untrusted root", "localhost", trusted(), Authority::new().server()),
        (
            "common name only",
            "localhost",
            trusted(),
            shown(&[], |params| {
                params.distinguished_name.push(DnType::CommonName, "localhost");
            }),
        ),
        ("name constraint", "localhost", constrained.client(), constrained.server()),
        (
            "wrong key usage",
            "localhost",
            trusted(),
            shown(&["localhost"], |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }),
        ),
    ]
}
