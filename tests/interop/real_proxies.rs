//! Proxies that others wrote: squid, tinyproxy, dante, microsocks and Twisted, which have to be installed
//! (`cargo xtask ci proxies` does so).

use std::{io, sync::Arc, time::Duration};

use sockeye::{
    CloseCode, Error,
    connection::{Sockets, WebSocket},
    error::{HandshakeError, Operation, ProxyError, SecurityError, SocksReply},
};

use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    proxy_processes::{
        FORBIDDEN, HIDDEN, Squid, dante, free_port, microsocks, squid, tinyproxy, twisted,
    },
    test_ca::Authority,
};

/// Connects through a proxy, with trust in the servers and in squid.
async fn connect<R: Sockets>(
    proxy: &str,
    target: &str,
    servers: &Authority,
    squid: &Squid,
) -> Result<WebSocket<R::Stream, R>, Error> {
    let connect = sockeye::client::connect::<R, _>(target).proxy(proxy).tls(servers.client());
    connect.proxy_tls(squid.client()).await
}

#[derive(Clone)]
struct Carried(Arc<Authority>);

impl Scenario for Carried {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let plain = echo::<R>().await.expect("it listens");
        let certificate = authority.server_with(&["localhost", HIDDEN], |_| {});
        let secure = echo::<R>().tls(certificate).await.expect("it listens");
        let squid = squid();
        let (open_tiny, closed_tiny) = (tinyproxy(""), tinyproxy("BasicAuth me secret"));
        let (open_dante, closed_dante) = (dante("none"), dante("username"));
        let (open_micro, closed_micro) =
            (microsocks(&[]), microsocks(&["-u", "me", "-P", "secret"]));
        let twisted = twisted();
        let local = [
            ("http://", open_tiny.port),
            ("http://me:secret@", closed_tiny.port),
            ("socks4://", open_dante.port),
            ("socks4://me@", open_dante.port),
            ("socks5://", open_dante.port),
            ("socks5://me:secret@", closed_dante.port),
            ("socks5://", open_micro.port),
            ("socks5h://", open_micro.port),
            ("socks5://me:secret@", closed_micro.port),
            ("socks5h://me:secret@", closed_micro.port),
            // A password that the proxy does not demand is ignored.
            ("socks5h://me:secret@", open_micro.port),
            ("socks4://", twisted.port),
        ];
        // To these the name of the host is all that is known of it.
        let remote = [
            ("http://", squid.open),
            ("http://me:secret@", squid.closed),
            ("https://", squid.secure),
            ("socks5h://", open_dante.port),
            ("socks5h://me:secret@", closed_dante.port),
            ("socks4a://", twisted.port),
            ("socks4a://me@", twisted.port),
        ];
        let local = local.map(|(proxy, port)| (proxy, port, "localhost"));
        for (proxy, port, host) in
            local.into_iter().chain(remote.map(|(proxy, port)| (proxy, port, HIDDEN)))
        {
            for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
                let proxy = format!("{proxy}localhost:{port}");
                let target = uri(scheme, server).replace("localhost", host);
                match connect::<R>(&proxy, &target, &authority, &squid).await {
                    Ok(ws) => converse(ws).await,
                    Err(error) => panic!("{proxy} {target}: {error:?}"),
                }
            }
        }
    }
}

#[test]
fn real_proxies_carry_ws_and_wss() {
    everywhere(Carried(Arc::new(Authority::new())));
}

/// The expected refusal of a proxy.
enum Refusal {
    /// One of these; the status differs from version to version.
    Status(&'static [u16]),
    Socks(SocksReply),
}
use Refusal::{Socks, Status};

impl Refusal {
    fn is(&self, error: &ProxyError) -> bool {
        match (self, error) {
            (Status(codes), ProxyError::InvalidProxyStatus(error)) => {
                codes.contains(&error.status_code)
            }
            (Socks(reply), ProxyError::Socks(error)) => *reply == error.reply,
            _ => false,
        }
    }
}

#[derive(Clone)]
struct Refused(Arc<Authority>);

impl Scenario for Refused {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let server = echo::<R>().await.expect("it listens");
        let squid = squid();
        let (open_tiny, closed_tiny) = (tinyproxy(""), tinyproxy("BasicAuth me secret"));
        let (open_dante, closed_dante) = (dante("none"), dante("username"));
        let (open_micro, closed_micro) =
            (microsocks(&[]), microsocks(&["-u", "me", "-P", "secret"]));
        let twisted = twisted();
        let there = uri("ws", &server);
        let forbidden = there.replace("localhost", FORBIDDEN);
        let nobody = format!("ws://127.0.0.1:{}/", free_port());
        let table = [
            // Without credentials, and with a wrong password.
            ("http://", squid.closed, &there, Status(&[407])),
            ("http://me:hunter2@", squid.closed, &there, Status(&[407])),
            ("http://", closed_tiny.port, &there, Status(&[407])),
            ("http://me:hunter2@", closed_tiny.port, &there, Status(&[401, 407])),
            ("socks5://", closed_dante.port, &there, Socks(SocksReply::NoAcceptableMethod)),
            ("socks5h://me:hunter2@", closed_dante.port, &there, Socks(SocksReply::Authentication)),
            ("socks5h://you:secret@", closed_dante.port, &there, Socks(SocksReply::Authentication)),
            ("socks4://me@", closed_dante.port, &there, Socks(SocksReply::V4(91))),
            ("socks5h://", closed_micro.port, &there, Socks(SocksReply::NoAcceptableMethod)),
            ("socks5h://me:hunter2@", closed_micro.port, &there, Socks(SocksReply::Authentication)),
            // A target that is not allowed.
            ("http://", squid.open, &forbidden, Status(&[403])),
            ("http://me:secret@", squid.closed, &forbidden, Status(&[403])),
            ("https://", squid.secure, &forbidden, Status(&[403])),
            ("socks5://", open_dante.port, &forbidden, Socks(SocksReply::V5(2))),
            ("socks5h://me:secret@", closed_dante.port, &forbidden, Socks(SocksReply::V5(2))),
            ("socks4://", open_dante.port, &forbidden, Socks(SocksReply::V4(91))),
            // The target does not listen.
            ("http://", squid.open, &nobody, Status(&[503])),
            ("https://", squid.secure, &nobody, Status(&[503])),
            ("http://", open_tiny.port, &nobody, Status(&[500, 502, 503])),
            ("socks5://", open_dante.port, &nobody, Socks(SocksReply::V5(5))),
            ("socks4://", open_dante.port, &nobody, Socks(SocksReply::V4(91))),
            ("socks5h://", open_micro.port, &nobody, Socks(SocksReply::V5(5))),
            ("socks4a://", twisted.port, &nobody, Socks(SocksReply::V4(91))),
        ];
        for (proxy, port, target, refusal) in table {
            let proxy = format!("{proxy}localhost:{port}");
            let refused = connect::<R>(&proxy, target, &authority, &squid).await.map(drop);
            let Err(Error::Handshake(HandshakeError::Proxy(error))) = refused else {
                panic!("{proxy} {target}: {refused:?}");
            };
            assert!(refusal.is(&error), "{proxy} {target}: {error:?}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hunter2") && !text.contains("secret"), "{text}");
        }
        // The trust anchors of the servers do not apply to the proxy.
        let connect = sockeye::client::connect::<R, _>(&*there).tls(squid.client());
        let connect = connect.proxy_tls(authority.client());
        let error = connect.proxy(format!("https://localhost:{}", squid.secure)).await.map(drop);
        let Err(Error::Handshake(HandshakeError::Security(SecurityError::Certificate(_)))) = error
        else {
            panic!("{error:?}");
        };
    }
}

#[test]
fn the_refusals_of_real_proxies_are_understood() {
    everywhere(Refused(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Dead;

impl Scenario for Dead {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let squid = squid();
        let micro = microsocks(&[]);
        let proxies = [
            (format!("http://localhost:{}", squid.open), Operation::Proxy),
            (format!("https://localhost:{}", squid.secure), Operation::Tls),
            (format!("socks5h://localhost:{}", micro.port), Operation::Proxy),
        ];
        let trust = squid.client();
        let connect = |proxy: &str| {
            let connect = sockeye::client::connect::<R, _>(uri("ws", &server)).proxy(proxy);
            connect.proxy_tls(Arc::clone(&trust))
        };
        let mut open = Vec::new();
        for (proxy, _) in &proxies {
            open.push(connect(proxy).await.expect("the proxy is still there"));
        }
        // It is there, and does nothing.
        squid.program.freeze();
        micro.freeze();
        for (proxy, operation) in &proxies {
            let connect = connect(proxy).open_timeout(Duration::from_millis(500));
            let error = connect.await.map(drop);
            let Err(Error::Timeout(timeout)) = error else { panic!("{proxy}: {error:?}") };
            assert_eq!(timeout.operation, *operation, "{proxy}");
        }
        // It goes away, and takes its connections with it.
        drop((squid, micro));
        for mut ws in open {
            let error = ws.recv().await.expect_err("the proxy is gone");
            assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL), "{error:?}");
        }
        for (proxy, _) in &proxies {
            let error = connect(proxy).await.map(drop);
            let Err(Error::Io(error)) = error else { panic!("{proxy}: {error:?}") };
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused, "{proxy}");
        }
    }
}

#[test]
fn a_proxy_that_is_frozen_or_gone_is_told_within_the_deadline() {
    everywhere(Dead);
}
