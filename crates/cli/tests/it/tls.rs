//! `wss` with certificates of the tests.

use std::sync::Arc;

use sockeye::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use crate::{
    command::{Server, run},
    folder::Folder,
};

#[test]
fn both_speak_tls_on_every_runtime() {
    let files = Files::new("both_speak_tls");
    for runtime in ["tokio", "async-std", "smol"] {
        let server = Server::start(&[
            "--tls-cert",
            &files.certificate,
            "--tls-key",
            &files.key,
            "--runtime",
            runtime,
        ]);
        let uri = server.uri.replace("wss://127.0.0.1", "wss://localhost");
        assert_ne!(uri, server.uri);
        let trusting = ["connect", &uri, "--tls-ca", &files.certificate, "--runtime", runtime];
        let outcome = run(&[&trusting[..], &["--wait", "0"]].concat(), "Hello, Server!\n");
        assert_eq!(outcome.text(), "Hello, Server!\n");
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    }
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let files = Files::new("of_another_name");
    let server = Server::start(&["--tls-cert", &files.certificate, "--tls-key", &files.key]);
    let outcome = run(&["connect", &server.uri, "--tls-ca", &files.certificate], "");
    assert_eq!((outcome.status, outcome.text()), (Some(1), ""));
    assert!(outcome.stderr.contains("certificate"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
}

#[test]
fn files_that_hold_something_else_are_wrong_usage() {
    let files = Files::new("something_else");
    let missing = format!("{}.missing", files.key);
    for arguments in [
        &["echo", "--tls-cert", &files.key, "--tls-key", &files.key][..],
        &["echo", "--tls-cert", &files.certificate, "--tls-key", &missing],
        &["echo", "--tls-cert", &files.certificate],
        &["connect", "wss://localhost", "--tls-ca", &missing],
    ] {
        let outcome = run(arguments, "");
        assert_eq!((outcome.status, outcome.text()), (Some(2), ""), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("tls") || outcome.stderr.contains(".pem"));
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_accepted_where_that_is_wanted() {
    let files = Files::new("nobody_vouches");
    let server = Server::start(&["--tls-cert", &files.certificate, "--tls-key", &files.key]);
    let refused = run(&["connect", &server.uri], "");
    assert_eq!(refused.status, Some(1));
    let wanted = "the certificate was refused: the certificate of the peer is invalid: its issuer is not trusted (--tls-ca \
                  FILE trusts other certificates; --insecure accepts any, for tests)\n";
    assert!(refused.stderr.ends_with(wanted), "{}", refused.stderr);

    let outcome = run(&["connect", &server.uri, "--insecure", "--wait", "0"], "hi\n");
    assert_eq!((outcome.status, outcome.text()), (Some(0), "hi\n"));
    assert!(outcome.stderr.starts_with("sockeye: WARNING: "), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
}

#[test]
fn a_certificate_of_an_authority_leads_to_options_that_help() {
    let files = Files::of_an_authority("of_an_authority");
    let server = Server::start(&["--tls-cert", &files.certificate, "--tls-key", &files.key]);
    let uri = server.uri.replace("127.0.0.1", "localhost");
    for options in [&[][..], &["--tls-ca", &files.certificate]] {
        let outcome = run(&[&["connect", &uri], options].concat(), "");
        assert_eq!(outcome.status, Some(1));
        let wanted = "it is the certificate of an authority (CA), which a server cannot use (--insecure accepts any \
                      certificate, for tests; `openssl req -x509` makes the certificate of a server with `-addext \
                      basicConstraints=critical,CA:FALSE`)\n";
        assert!(outcome.stderr.ends_with(wanted), "{}", outcome.stderr);
    }
    let outcome = run(&["connect", &uri, "-k", "-q", "-x", "hi", "-1"], "");
    assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "hi\n", ""));
}

#[test]
fn a_client_can_have_a_certificate_too() {
    let files = Files::new("a_client_can_have");
    let uri = serve_those_who_have(&files);
    let trusting = ["connect", &uri, "--ca", &files.certificate, "--wait", "0"];
    let own = ["--tls-cert", &files.certificate, "--tls-key", &files.key];
    let outcome = run(&[&trusting[..], &own].concat(), "hi\n");
    assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "hi\n", ""));

    let outcome = run(&trusting, "");
    assert_eq!((outcome.status, outcome.text()), (Some(1), ""));
    let wanted = "it requires a certificate of this side (--tls-cert FILE and --tls-key FILE set the certificate of the \
                  client)\n";
    assert!(outcome.stderr.ends_with(wanted), "{}", outcome.stderr);
}

/// An echo server for clients that show this very certificate; returns its URI.
fn serve_those_who_have(files: &Files) -> String {
    let certificate = CertificateDer::from_pem_file(&files.certificate).expect("it is one");
    let key = PrivateKeyDer::from_pem_file(&files.key).expect("it is one");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("it is one");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_client_cert_verifier(verifier.build().expect("there are roots"))
        .with_single_cert(vec![certificate], key)
        .expect("they fit");
    let (told, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        smol::block_on(async {
            let echo = |mut ws: sockeye::smol::WebSocket| async move {
                while let Some(message) = ws.next().await? {
                    ws.send(message).await?;
                }
                Ok(())
            };
            let server = sockeye::smol::serve("127.0.0.1:0", echo).tls(config.into()).await;
            let server = server.expect("the loopback has free ports");
            told.send(server.local_addr().port()).expect("the test waits");
            std::future::pending::<()>().await;
        });
    });
    format!("wss://localhost:{}", port.recv().expect("the server listens"))
}

/// A certificate for `localhost` and its key, in files.
struct Files {
    _folder: Folder,
    certificate: String,
    key: String,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it can");
        let certificate = folder.write("certificate.pem", made.cert.pem());
        let key = folder.write("key.pem", made.signing_key.serialize_pem());
        Self { _folder: folder, certificate, key }
    }

    /// Like those of `openssl req -x509`.
    fn of_an_authority(name: &str) -> Self {
        let folder = Folder::new(name);
        let signing_key = rcgen::KeyPair::generate().expect("it can");
        let mut params =
            rcgen::CertificateParams::new(["localhost".to_owned()]).expect("it is a name");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let made = params.self_signed(&signing_key).expect("it can");
        let certificate = folder.write("certificate.pem", made.pem());
        let key = folder.write("key.pem", signing_key.serialize_pem());
        Self { _folder: folder, certificate, key }
    }
}
