//! TLS does not depend on the crypto provider that another crate installed for the process. Each test runs in a process
//! of its own, because a process has one such provider.

use std::{env, fs, process::Command, sync::Arc};

use sockeye::{
    connection::Sockets,
    rustls::crypto::{CryptoProvider, ring},
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    test_ca::Authority,
};

#[derive(Clone)]
struct Secure(Arc<Authority>);

impl Scenario for Secure {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().tls(self.0.server()).await.expect("it listens");
        let connect = || sockeye::client::connect::<R, _>(uri("wss", &server)).no_proxy();
        converse(connect().tls(self.0.client()).await.expect("the certificate is right")).await;
        // With the roots of the platform, too.
        converse(connect().await.expect("the platform knows the authority")).await;
    }
}

/// Runs the test of this name in a process of its own; there, runs `test` with the one authority that the platform knows.
fn alone(name: &str, test: fn(Arc<Authority>)) {
    if let (Some(_), Some(roots)) = (env::var_os(ALONE), env::var_os("SSL_CERT_FILE")) {
        let authority = Authority::new();
        fs::write(roots, authority.pem()).expect("the folder for temporary files is writable");
        return test(Arc::new(authority));
    }
    let roots = env::temp_dir().join(format!("sockeye-{}-{name}.pem", std::process::id()));
    let mut alone = Command::new(env::current_exe().expect("it runs"));
    alone.args(["--exact", name]).env(ALONE, "yes").env("SSL_CERT_FILE", &roots);
    let ended = alone.output();
    let _ = fs::remove_file(&roots);
    let ended = ended.expect("it can run again");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(told.contains("1 passed"), "{told}");
}

const ALONE: &str = "SOCKEYE_TEST_ALONE";

#[test]
fn no_choice_is_needed_and_none_is_made() {
    alone("crypto_providers::no_choice_is_needed_and_none_is_made", |authority| {
        everywhere(Secure(authority));
        assert!(CryptoProvider::get_default().is_none());
    });
}

#[test]
fn the_choice_of_others_is_not_used() {
    alone("crypto_providers::the_choice_of_others_is_not_used", |authority| {
        // No handshake succeeds with this provider.
        let mut useless = ring::default_provider();
        useless.cipher_suites.clear();
        useless.kx_groups.clear();
        useless.install_default().expect("nobody chose before");
        everywhere(Secure(authority));
    });
}
