//! Certificates of clients: [RFC 8446 §4.3.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2).

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use sockeye::{
    Error, HandlerError,
    connection::{Sockets, WebSocket},
    error::{HandshakeError, SecurityError},
    rustls::{self, AlertDescription, ClientConfig, version},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, everywhere, uri},
    proxies::https_proxy,
    test_ca::Authority,
};

#[derive(Clone)]
struct Demanded {
    authority: Arc<Authority>,
    stranger: Arc<Authority>,
}

impl Scenario for Demanded {
    async fn run<R: Sockets>(self) {
        let Self { authority, stranger } = self;
        let (accepted, missing) = (authority.client_known_to(&authority), authority.client());
        let unknown = authority.client_known_to(&stranger);
        for version in [&version::TLS12, &version::TLS13] {
            let handler = |ws| shown::<R>(ws);
            let serve = sockeye::server::serve::<R, _, _>("127.0.0.1:0", handler);
            let server = serve.tls(authority.demanding_server(version)).await.expect("it listens");
            let connect = |config: &Arc<ClientConfig>| {
                sockeye::client::connect::<R, _>(uri("wss", &server)).tls(Arc::clone(config))
            };
            let ws = connect(&accepted).await.expect("the client has what is demanded");
            let certificates = ws.get_ref().as_ref().peer_certificates();
            assert_eq!(certificates.map(<[_]>::len), Some(1));
            converse(ws).await;
            let (proxy, _) = https_proxy(authority.demanding_server(version));
            for (config, alert) in [
                (&missing, AlertDescription::CertificateRequired),
                (&unknown, AlertDescription::UnknownCA),
            ] {
                let error = connect(config).await.map(drop).expect_err("the server demands one");
                assert_eq!(refusal(error), rustls::Error::AlertReceived(alert), "{version:?}");
                // A proxy may demand a certificate, too, independently of the target.
                let connect = connect(&accepted).proxy(format!("https://localhost:{proxy}"));
                let error = connect.proxy_tls(Arc::clone(config)).await.map(drop);
                let error = refusal(error.expect_err("the proxy demands one"));
                assert_eq!(error, rustls::Error::AlertReceived(alert), "{version:?}");
            }
            let by = connect(&accepted).proxy(format!("https://localhost:{proxy}"));
            let by = by.proxy_tls(Arc::clone(&accepted)).await;
            converse(by.expect("the client has what is demanded")).await;
            // The server goes on.
            converse(connect(&accepted).await.expect("the client has what is demanded")).await;
        }
    }
}

/// Echoes messages to clients that presented a certificate.
async fn shown<R: Sockets>(mut ws: WebSocket<R::Stream, R>) -> Result<(), HandlerError> {
    let certificates = ws.get_ref().as_ref().peer_certificates().unwrap_or_default();
    assert_eq!(certificates.len(), 1);
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// Returns the error of rustls for a rejected certificate, after which no retry makes sense.
fn refusal(error: Error) -> rustls::Error {
    assert!(!error.is_retryable(), "{error:?}");
    let Error::Handshake(HandshakeError::Security(SecurityError::Certificate(cause))) = error
    else {
        panic!("{error:?}");
    };
    cause.downcast_ref::<rustls::Error>().expect("it is one of rustls").clone()
}

#[test]
fn a_client_without_the_certificate_that_is_demanded_is_refused_and_told() {
    tracing::subscriber::set_global_default(Listener).expect("nobody else listens");
    let (authority, stranger) = (Arc::new(Authority::new()), Arc::new(Authority::stranger()));
    everywhere(Demanded { authority, stranger });
    // The server reports for each runtime and TLS version which certificate was missing or wrong.
    let told = events();
    for cause in ["peer sent no certificates", "invalid peer certificate: UnknownIssuer"] {
        let text = format!("the certificate was refused, {cause}");
        assert_eq!(told.iter().filter(|event| event.contains(&text)).count(), 6, "{told:#?}");
    }
}

fn events() -> MutexGuard<'static, Vec<String>> {
    static EVENTS: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    EVENTS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes down the errors of requests that were refused, and their causes.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sockeye"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(Vec::new());
        event.record(&mut words);
        events().push(words.0.join(", "));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Words(Vec<String>);

impl Visit for Words {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0.push(format!("{value:?}"));
    }

    fn record_error(&mut self, _: &Field, value: &(dyn StdError + 'static)) {
        self.0.push(value.to_string());
    }
}
