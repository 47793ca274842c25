//! Proxies: HTTP CONNECT ([RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)) and SOCKS.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use sockeye::{
    Error,
    connection::Sockets,
    error::{HandshakeError, InvalidProxyMessage, Operation, ProxyError, SocksReply},
};
use sockeye_tests::{
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    proxies::{connect_proxy, https_proxy, socks_proxy},
    reserved_port,
    test_ca::Authority,
    test_servers::{answering, listen, read_head},
};

#[derive(Clone)]
struct ThroughConnect(Arc<Authority>);

impl Scenario for ThroughConnect {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let plain = echo::<R>().await.expect("it listens");
        let secure = echo::<R>().tls(authority.server()).await.expect("it listens");
        for answer in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 204 Fine\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nVia: y\r\n\r\n",
        ] {
            let (port, heads) = connect_proxy(answer);
            let proxy = format!("http://me:p%40ss@127.0.0.1:{port}");
            for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
                let target = uri(scheme, server);
                let connect = sockeye::client::connect::<R, _>(target).tls(authority.client());
                let ws = connect.proxy(&*proxy).await.expect("the proxy says yes");
                let request = ws.request().as_bytes().unwrap_or_default().to_vec();
                converse(ws).await;
                let head = heads.recv().expect("the proxy was asked");
                let authority = format!("localhost:{}", server.local_addr().port());
                assert!(head.starts_with(&format!("CONNECT {authority} HTTP/1.1\r\n")), "{head}");
                assert!(head.contains("proxy-authorization: Basic bWU6cEBzcw==\r\n"), "{head}");
                let request = String::from_utf8_lossy(&request).to_lowercase();
                assert!(!request.contains("authorization"), "{request}");
            }
        }
    }
}

#[test]
fn ws_and_wss_go_through_a_tunnel_and_the_origin_learns_no_password() {
    everywhere(ThroughConnect(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct HeadersForProxy;

impl Scenario for HeadersForProxy {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let (port, heads) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
        let proxy = format!("http://127.0.0.1:{port}");
        let connect = || sockeye::client::connect::<R, _>(uri("ws", &server)).proxy(&*proxy);
        let default = format!("user-agent: sockeye/{}\r\n", env!("CARGO_PKG_VERSION"));
        for (connect, present, absent) in [
            (connect(), &*default, "x-client"),
            (connect().user_agent("chat/2.1".to_owned()), "user-agent: chat/2.1\r\n", "sockeye"),
            (connect().header("User-Agent", "chat/3"), "user-agent: chat/3\r\n", "sockeye"),
            (connect().user_agent(None), "host: ", "user-agent"),
            (connect().header("x-client", "7"), "host: ", "x-client"),
            (connect().proxy_header("User-Agent", "x"), "user-agent: x\r\n", "sockeye"),
            (
                connect().proxy_header("proxy-authorization", "Bearer s3cr3t"),
                "proxy-authorization: Bearer s3cr3t\r\n",
                "Basic",
            ),
        ] {
            let ws = connect.await.expect("the proxy says yes");
            assert_eq!(ws.request().header("proxy-authorization"), None);
            let head = heads.recv().expect("the proxy was asked");
            assert!(head.contains(present) && !head.contains(absent), "{head}");
        }
        for (name, value) in [("x y", "z"), ("x", "a\r\nb: c"), ("host", "other"), ("te", "x")] {
            let error = connect().proxy_header(name, value).await.map(drop);
            assert!(matches!(error, Err(Error::Handshake(_))), "{name}: {error:?}");
        }
        assert!(heads.try_recv().is_err(), "an invalid request is not sent");
    }
}

#[test]
fn a_proxy_learns_the_user_agent_and_the_headers_that_are_for_it() {
    everywhere(HeadersForProxy);
}

#[derive(Clone)]
struct ThroughSecureProxy(Arc<Authority>, Arc<Authority>);

impl Scenario for ThroughSecureProxy {
    async fn run<R: Sockets>(self) {
        let Self(authority, of_proxy) = self;
        let (port, _) = https_proxy(of_proxy.server());
        let proxy = format!("https://localhost:{port}");
        let plain = echo::<R>().await.expect("it listens");
        let secure = echo::<R>().tls(authority.server()).await.expect("it listens");
        for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
            let connect =
                sockeye::client::connect::<R, _>(uri(scheme, server)).tls(authority.client());
            let connect = connect.proxy(&*proxy).proxy_tls(of_proxy.client());
            converse(connect.await.expect("both certificates are right")).await;
        }
        // The trust anchors of the target do not apply to the proxy.
        let connect = sockeye::client::connect::<R, _>(uri("ws", &plain)).proxy(&*proxy);
        let error = connect.proxy_tls(authority.client()).await.map(drop);
        assert!(matches!(error, Err(Error::Handshake(HandshakeError::Security(_)))), "{error:?}");
    }
}

#[test]
fn a_proxy_inside_tls_carries_tls() {
    everywhere(ThroughSecureProxy(Arc::new(Authority::new()), Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Refusals;

impl Scenario for Refusals {
    async fn run<R: Sockets>(self) {
        let ask = async |answer: &'static str| {
            let (port, _) = connect_proxy(answer);
            let proxy = format!("http://127.0.0.1:{port}");
            let connect = sockeye::client::connect::<R, _>("wss://example.com").proxy(proxy);
            let error = connect.open_timeout(Duration::from_millis(300)).await.map(drop);
            error.expect_err("the proxy does not say yes")
        };
        for (answer, status) in [
            ("HTTP/1.1 407 Who are you?\r\n\r\n", 407),
            ("HTTP/1.1 302 Found\r\nLocation: ws://example.com\r\n\r\n", 302),
            ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops", 502),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
        ] {
            let error = ask(answer).await;
            let Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyStatus(error))) =
                error
            else {
                panic!("{answer}: {error:?}");
            };
            assert_eq!(error.status_code, status);
        }
        for answer in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n\x16"] {
            let error = ask(answer).await;
            let text = format!("{error:?}");
            let Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyMessage(_))) = error
            else {
                panic!("{answer}: {text}");
            };
        }
        // Half an answer, and then nothing.
        let Error::Timeout(timeout) = ask("HTTP/1.1 4").await else { panic!("no timeout") };
        assert_eq!(timeout.operation, Operation::Proxy);
        // Half an answer, and then the end.
        let port = listen(|mut stream| {
            read_head(&mut stream)?;
            stream.write_all(b"HTTP/1.1 200 O")
        });
        let connect = sockeye::client::connect::<R, _>("ws://example.com");
        let error = connect.proxy(format!("http://127.0.0.1:{port}")).await.map(drop);
        let Err(Error::Handshake(HandshakeError::Proxy(error))) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error, ProxyError::InvalidProxyMessage(InvalidProxyMessage::truncated()));
        // No proxy listens on the port.
        let port = reserved_port(Ipv4Addr::LOCALHOST).expect("loopback can be listened on");
        let connect = sockeye::client::connect::<R, _>("ws://example.com");
        let error = connect.proxy(format!("http://127.0.0.1:{port}")).await.map(drop);
        let Err(Error::Io(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        // It is no proxy at all.
        let connect =
            sockeye::client::connect::<R, _>("ws://example.com").proxy("ftp://me:secret@h");
        let error = connect.await.map(drop).expect_err("the scheme is unknown");
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
        let Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxy(_))) = error else {
            panic!("{error:?}");
        };
    }
}

#[test]
fn what_a_proxy_says_besides_yes_is_told_exactly() {
    everywhere(Refusals);
}

#[derive(Clone)]
struct ThroughSocks(Arc<Authority>);

impl Scenario for ThroughSocks {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let plain = echo::<R>().await.expect("it listens");
        let secure = echo::<R>().tls(authority.server()).await.expect("it listens");
        let (port, asked) = socks_proxy(0);
        for (proxy, expected) in [
            ("socks4://", "4  127.0.0.1"),
            ("socks4://me@", "4 me 127.0.0.1"),
            ("socks4a://me@", "4 me localhost"),
            ("socks5://", "5  127.0.0.1"),
            ("socks5h://", "5  localhost"),
            ("socks5h://me:p%40ss@", "5 me:p@ss localhost"),
        ] {
            for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
                let connect =
                    sockeye::client::connect::<R, _>(uri(scheme, server)).tls(authority.client());
                let ws = connect.proxy(format!("{proxy}127.0.0.1:{port}")).await;
                converse(ws.expect("the proxy says yes")).await;
                let asked = asked.recv().expect("the proxy was asked");
                // The order in which `localhost` is looked up is that of the machine.
                let asked = asked.replace("::1", "127.0.0.1");
                assert_eq!(asked, expected, "{proxy} {scheme}");
            }
        }
    }
}

#[test]
fn names_go_to_the_proxy_with_a_and_h_and_are_looked_up_here_without() {
    everywhere(ThroughSocks(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct SocksRefusals;

impl Scenario for SocksRefusals {
    async fn run<R: Sockets>(self) {
        let table = [
            ("socks4a", 91, SocksReply::V4(91)),
            ("socks4a", 93, SocksReply::V4(93)),
            ("socks5h", 1, SocksReply::V5(1)),
            ("socks5h", 2, SocksReply::V5(2)),
            ("socks5h", 5, SocksReply::V5(5)),
            ("socks5h", 8, SocksReply::V5(8)),
        ];
        for (scheme, reply, expected) in table {
            let (port, _) = socks_proxy(reply);
            let connect = sockeye::client::connect::<R, _>("ws://example.com");
            let error = connect.proxy(format!("{scheme}://127.0.0.1:{port}")).await.map(drop);
            let Err(Error::Handshake(HandshakeError::Proxy(ProxyError::Socks(error)))) = error
            else {
                panic!("{scheme} {reply}: {error:?}");
            };
            assert_eq!(error.reply, expected);
        }
        let (port, _) = answering("");
        let connect = sockeye::client::connect::<R, _>("ws://example.com");
        let connect = connect.proxy(format!("socks5h://127.0.0.1:{port}"));
        let error = connect.open_timeout(Duration::from_millis(50)).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Proxy);
    }
}

#[test]
fn the_refusals_of_socks_are_told_exactly() {
    everywhere(SocksRefusals);
}
