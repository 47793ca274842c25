//! Secrets stay with their recipients: another origin, a proxy, and the origin behind it receive only their own.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
};

use http::HeaderValue;
use sockeye::{
    Error,
    client::{Connect, Credentials, Dial},
    connection::{Sockets, TcpOptions},
    error::{HandshakeError, SecurityError},
    rustls::{ServerConfig, ServerConnection, StreamOwned},
};

use sockeye_tests::{
    all_runtimes::{SOON, Scenario, everywhere},
    proxies::{connect_proxy, socks_proxy},
    test_ca::Authority,
    test_servers::{listen, read_head},
};

/// The heads that servers received, in the order in which they did.
#[derive(Clone)]
struct Heads(Arc<Mutex<Sender<String>>>);

impl Heads {
    fn new() -> (Self, Receiver<String>) {
        let (sender, received) = channel();
        (Self(Arc::new(Mutex::new(sender))), received)
    }

    /// A server, inside TLS if there is a configuration, whose answer depends on the head of the request and the port.
    fn server(
        &self,
        config: Option<Arc<ServerConfig>>,
        answer: impl Fn(&str, u16) -> String + Send + Sync + 'static,
    ) -> u16 {
        let Self(heads) = self.clone();
        let reply = move |stream: &mut dyn Stream, port| {
            let head = read_head(stream)?;
            let answer = answer(&head, port);
            let _ = heads.lock().expect("nobody panicked").send(head);
            stream.write_all(answer.as_bytes())?;
            io::copy(stream, &mut io::sink()).map(drop)
        };
        listen(move |mut stream| {
            let port = stream.local_addr()?.port();
            let Some(config) = config.clone() else { return reply(&mut stream, port) };
            let session = ServerConnection::new(config).map_err(io::Error::other)?;
            reply(&mut StreamOwned::new(session, stream), port)
        })
    }
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// Connects to this machine for every host name.
fn at_home<R: Sockets>(connect: Connect<R, Dial>) -> Connect<R, Dial> {
    connect.connector(|_, port| async move {
        R::connect_tcp(SocketAddr::from(([127, 0, 0, 1], port)), &TcpOptions::default()).await
    })
}

/// The ways to give a user and a password to a server.
#[derive(Clone, Copy, Debug)]
enum Login {
    Header,
    Option,
    Uri,
}

const LOGINS: [Login; 3] = [Login::Header, Login::Option, Login::Uri];

/// A client of `scheme://rest` that has a lot to hide: everything that is secret holds `hunter2`, plain or in Base64.
fn with_secrets<R: Sockets>(scheme: &str, rest: &str, login: Login) -> Connect<R, Dial> {
    let info = if let Login::Uri = login { "me:hunter2@" } else { "" };
    let connect = sockeye::client::connect::<R, _>(format!("{scheme}://{info}{rest}"));
    let connect = match login {
        Login::Header => connect.header("authorization", BASIC),
        Login::Option => {
            connect.basic_auth(Credentials::new("me", "hunter2").expect("they can be said"))
        }
        Login::Uri => connect,
    };
    // Of headers that come twice, both are secret.
    let secret = |text| {
        let mut secret = HeaderValue::from_static(text);
        secret.set_sensitive(true);
        secret
    };
    connect
        .header("cookie", "a=hunter2")
        .header("cookie", "b=hunter2")
        .header("proxy-authorization", "hunter2")
        .header("x-api-key", secret("hunter2"))
        .header("x-api-key", secret("hunter2, again"))
        .header("x-public", "yes")
        .subprotocols(["chat"])
}

const BASIC: &str = "Basic bWU6aHVudGVyMg==";

/// How many secrets a head holds.
fn secrets(head: &str) -> usize {
    head.matches("hunter2").count() + head.matches(BASIC).count()
}

const ALL: usize = 6;

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

/// Whether it is the same origin, where a redirect from `a.example` leads, and what is its `Host`. `HERE` is the port of
/// the redirecting server, `THERE` another one of the same kind, and `OTHER` one of the other kind.
const FROM_PLAIN: [(bool, &str, &str); 16] = [
    (true, "/second", "a.example:HERE"),
    (true, "second?x#fragment", "a.example:HERE"),
    (true, "//a.example:HERE/second", "a.example:HERE"),
    (true, "ws://a.example:HERE/second", "a.example:HERE"),
    (true, "http://a.example:HERE/second", "a.example:HERE"),
    (true, "HTTP://A.Example:HERE/second", "a.example:HERE"),
    (false, "ws://a.example:THERE/second", "a.example:THERE"),
    (false, "http://a.example:THERE/second", "a.example:THERE"),
    (false, "//b.example:HERE/second", "b.example:HERE"),
    (false, "ws://sub.a.example:HERE/second", "sub.a.example:HERE"),
    (false, "ws://example:HERE/second", "example:HERE"),
    (false, "ws://nota.example:HERE/second", "nota.example:HERE"),
    (true, "ws://a.example.:HERE/second", "a.example:HERE"),
    (false, "ws://127.0.0.1:HERE/second", "127.0.0.1:HERE"),
    (false, "wss://a.example:OTHER/second", "a.example:OTHER"),
    (false, "https://b.example:OTHER/second", "b.example:OTHER"),
];

const FROM_SECURE: [(bool, &str, &str); 8] = [
    (true, "/second", "a.example:HERE"),
    (true, "//a.example:HERE/second", "a.example:HERE"),
    (true, "https://a.example:HERE/second", "a.example:HERE"),
    (true, "wss://A.EXAMPLE:HERE/second", "a.example:HERE"),
    (false, "wss://a.example:THERE/second", "a.example:THERE"),
    (false, "wss://b.example:HERE/second", "b.example:HERE"),
    (false, "https://sub.a.example:THERE/second", "sub.a.example:THERE"),
    (false, "//b.example:THERE/second", "b.example:THERE"),
];

/// Where no redirect leads from `wss`.
const DOWN: [&str; 5] = [
    "ws://a.example:HERE/second",
    "http://a.example:HERE/second",
    "WS://a.example:OTHER/second",
    "http://b.example:OTHER/second",
    "ws://a.example:OTHER/second",
];

#[derive(Clone)]
struct Redirected(Arc<Authority>);

impl Redirected {
    /// Follows one redirect; gives what the servers were told, and how it ended.
    async fn follow<R: Sockets>(
        &self,
        is_secure: bool,
        status: u16,
        location: &'static str,
        login: Login,
    ) -> (Vec<String>, [u16; 3], Error) {
        let config = self.0.server_with(
            &["a.example", "b.example", "sub.a.example", "localhost", "127.0.0.1"],
            |_| {},
        );
        let tls = |is_secure: bool| is_secure.then(|| Arc::clone(&config));
        let (heads, received) = Heads::new();
        let there = heads.server(tls(is_secure), |_, _| NOT_FOUND.to_owned());
        let other = heads.server(tls(!is_secure), |_, _| NOT_FOUND.to_owned());
        let here = heads.server(tls(is_secure), move |head, here| {
            if head.starts_with("GET / ") {
                redirect(status, &with_ports(location, [here, there, other]))
            } else {
                NOT_FOUND.to_owned()
            }
        });
        let scheme = if is_secure { "wss" } else { "ws" };
        let connect = with_secrets::<R>(scheme, &format!("a.example:{here}/"), login);
        let error = at_home(connect.tls(self.0.client())).await.map(drop);
        let error = error.expect_err("the last answer is 404");
        (received.try_iter().collect(), [here, there, other], error)
    }
}

fn with_ports(text: &str, [here, there, other]: [u16; 3]) -> String {
    text.replace("OTHER", &other.to_string())
        .replace("THERE", &there.to_string())
        .replace("HERE", &here.to_string())
}

impl Scenario for Redirected {
    async fn run<R: Sockets>(self) {
        let rows = FROM_PLAIN.map(|row| (false, row)).into_iter();
        let rows = rows.chain(FROM_SECURE.map(|row| (true, row)));
        for (at, (is_secure, (is_same, location, host))) in rows.enumerate() {
            for login in LOGINS {
                let status = [301, 302, 303, 307, 308][at % 5];
                let (heads, ports, error) =
                    self.follow::<R>(is_secure, status, location, login).await;
                let row = format!("{login:?}, from {is_secure} to {location}");
                assert_eq!(error.status_code().map(|code| code.as_u16()), Some(404), "{row}");
                let [first, second] = &*heads else { panic!("{row}: {heads:?}") };
                assert_eq!(secrets(first), ALL, "{row}: {first}");
                assert_eq!(secrets(second), if is_same { ALL } else { 0 }, "{row}: {second}");
                assert!(second.starts_with("GET /second"), "{row}: {second}");
                let host = format!("\r\nHost: {}\r\n", with_ports(host, ports));
                assert!(second.contains(&host), "{row}: {second}");
                // Headers that are no secrets go to every origin.
                for public in ["x-public: yes", "Sec-WebSocket-Protocol: chat"] {
                    assert!(second.contains(public), "{row}: {second}");
                }
                // Each request has a key of its own.
                let key = |head: &str| {
                    head.lines()
                        .find(|line| line.starts_with("Sec-WebSocket-Key"))
                        .map(str::to_owned)
                };
                assert_ne!(key(first), key(second), "{row}");
            }
        }
        for location in DOWN {
            let (heads, _, error) = self.follow::<R>(true, 308, location, Login::Uri).await;
            let Error::Handshake(HandshakeError::Security(SecurityError::Downgrade)) = error else {
                panic!("{location}: {error:?}");
            };
            assert_eq!(heads.len(), 1, "{location}");
        }
    }
}

#[test]
fn a_redirect_takes_secrets_along_within_the_origin_only() {
    everywhere(Redirected(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct ThereAndBack;

impl Scenario for ThereAndBack {
    async fn run<R: Sockets>(self) {
        for login in LOGINS {
            // From one origin to another, and back to the first.
            let (heads, received) = Heads::new();
            let port = heads.server(None, |head, port| match head.split(' ').nth(1) {
                Some("/") => redirect(302, &format!("ws://b.example:{port}/second")),
                Some("/second") => redirect(302, &format!("ws://a.example:{port}/third")),
                // The redirect contains other credentials, which are for the origin that it names.
                Some("/third") => redirect(302, &format!("ws://you:yours@c.example:{port}/fourth")),
                _ => NOT_FOUND.to_owned(),
            });
            let connect = with_secrets::<R>("ws", &format!("a.example:{port}/"), login);
            let error = at_home(connect).await.map(drop).expect_err("the last answer is 404");
            assert_eq!(error.status_code().map(|code| code.as_u16()), Some(404));
            let heads: Vec<String> = received.try_iter().collect();
            let found: Vec<usize> = heads.iter().map(|head| secrets(head)).collect();
            assert_eq!(found, [ALL, 0, 0, 0], "{login:?}");
            assert!(heads[3].contains("Authorization: Basic eW91OnlvdXJz\r\n"), "{}", heads[3]);
        }
    }
}

#[test]
fn secrets_that_are_dropped_do_not_come_back() {
    everywhere(ThereAndBack);
}

#[derive(Clone)]
struct ThroughProxies(Arc<Authority>);

impl Scenario for ThroughProxies {
    async fn run<R: Sockets>(self) {
        let (heads, received) = Heads::new();
        // Each origin is somewhere else, and the proxy is asked anew.
        let last = heads.server(Some(self.0.server()), |_, _| NOT_FOUND.to_owned());
        let first = heads.server(Some(self.0.server()), move |head, _| {
            if head.starts_with("GET / ") {
                redirect(302, "/again")
            } else {
                redirect(302, &format!("https://localhost:{last}/"))
            }
        });
        let hops = [first, first, last];
        for login in LOGINS {
            let (http, asked) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
            let connect = with_secrets::<R>("wss", &format!("localhost:{first}/"), login);
            let connect = connect.proxy(format!("http://you:pr0xy@127.0.0.1:{http}"));
            let error = connect.tls(self.0.client()).await.map(drop);
            let error = error.expect_err("the last answer is 404");
            assert_eq!(error.status_code().map(|code| code.as_u16()), Some(404));
            for (hop, kept) in hops.into_iter().zip([ALL, ALL, 0]) {
                // The proxy receives the target and the credentials for the proxy only.
                let asked = asked.recv_timeout(SOON).expect("the proxy was asked");
                let expected = format!(
                    "CONNECT localhost:{hop} HTTP/1.1\r\nhost: localhost:{hop}\r\n\
                     proxy-authorization: Basic eW91OnByMHh5\r\nuser-agent: sockeye/{}\r\n\r\n",
                    env!("CARGO_PKG_VERSION"),
                );
                assert_eq!(asked, expected, "{login:?}");
                let told = received.recv_timeout(SOON).expect("the origin was asked");
                assert_eq!(secrets(&told), kept, "{login:?}: {told}");
                assert!(!told.contains("eW91OnByMHh5") && !told.contains("pr0xy"), "{told}");
            }
            let (socks, asked) = socks_proxy(0);
            let connect = with_secrets::<R>("wss", &format!("localhost:{first}/"), login);
            let connect = connect.proxy(format!("socks5h://you:pr0xy@127.0.0.1:{socks}"));
            assert!(connect.tls(self.0.client()).await.is_err(), "the last answer is 404");
            for kept in [ALL, ALL, 0] {
                let asked = asked.recv_timeout(SOON).expect("the proxy was asked");
                assert_eq!(asked, "5 you:pr0xy localhost");
                let told = received.recv_timeout(SOON).expect("the origin was asked");
                assert_eq!(secrets(&told), kept, "{login:?}: {told}");
                assert!(!told.contains("eW91OnByMHh5") && !told.contains("pr0xy"), "{told}");
            }
        }
    }
}

#[test]
fn a_proxy_and_the_origins_behind_it_learn_only_what_is_meant_for_them() {
    everywhere(ThroughProxies(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Refusing;

impl Scenario for Refusing {
    async fn run<R: Sockets>(self) {
        // The response of a proxy is not one of the origin: it causes no redirect and no retry with other credentials.
        for answer in [
            "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"a\"\r\n\r\n",
            "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n",
        ] {
            let (port, asked) = connect_proxy(answer);
            let connect = with_secrets::<R>("ws", "origin.example/", Login::Uri);
            let error = connect.proxy(format!("http://you:pr0xy@127.0.0.1:{port}")).await.map(drop);
            let Err(Error::Handshake(HandshakeError::Proxy(error))) = error else {
                panic!("{answer}: {error:?}");
            };
            let text = format!("{error:?} {error}");
            assert!(!text.contains("pr0xy") && !text.contains("hunter2"), "{text}");
            let asked: Vec<String> = asked.try_iter().collect();
            assert_eq!((asked.len(), secrets(&asked[0])), (1, 0), "{answer}");
        }
    }
}

#[test]
fn what_a_proxy_answers_is_no_word_of_the_origin() {
    everywhere(Refusing);
}
