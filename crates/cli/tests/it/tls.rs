//! `wss`, with certificates of our own.

use std::{fs, path::PathBuf};

use crate::command::{Server, run};

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

/// A certificate for `localhost` and its key, in files.
struct Files {
    folder: PathBuf,
    certificate: String,
    key: String,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("the folder is ours");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it can");
        let write = |name: &str, text: String| {
            let file = folder.join(name);
            fs::write(&file, text).expect("the folder is ours");
            file.to_str().expect("it is text").to_owned()
        };
        let certificate = write("certificate.pem", made.cert.pem());
        let key = write("key.pem", made.signing_key.serialize_pem());
        Self { folder, certificate, key }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
