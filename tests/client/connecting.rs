//! Other ways to the server than the one that the URI names.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::SockRef;
use sockeye::{
    Error,
    connection::{Sockets, TcpOptions},
};
use sockeye_tests::{
    all_runtimes::{Scenario, block_on, converse, echo, everywhere, uri},
    reserved_port,
    test_ca::Authority,
};

#[derive(Clone)]
struct Elsewhere(Arc<Authority>);

impl Scenario for Elsewhere {
    async fn run<R: Sockets>(self) {
        let Self(authority) = self;
        let server = authority.server_with(&["chat.example"], |_| {});
        let server = echo::<R>().tls(server).await.expect("it listens");
        let port = server.local_addr().port();
        // The name in the certificate and in the request is that of the URI.
        let connect =
            || sockeye::client::connect::<R, _>("wss://chat.example/").tls(authority.client());
        let ws = connect().address("127.0.0.1", port).await.expect("the name is right");
        assert_eq!(ws.request().headers()["host"], "chat.example");
        converse(ws).await;
        // So it is where the application connects by itself; TLS comes on top.
        let address = server.local_addr();
        let options = TcpOptions::default();
        let connect = connect().connector(move |host, port| {
            assert_eq!((host.as_str(), port), ("chat.example", 443));
            let options = options.clone();
            async move { R::connect_tcp(address, &options).await }
        });
        converse(connect.await.expect("the name is right")).await;
    }
}

#[test]
fn another_address_and_the_applications_own_stream_keep_the_name() {
    everywhere(Elsewhere(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Unable;

impl Scenario for Unable {
    async fn run<R: Sockets>(self) {
        let connect = sockeye::client::connect::<R, _>("ws://chat.example/");
        let connect = connect.connector(|_, _| async move {
            Err::<R::Tcp, _>(io::Error::from(io::ErrorKind::HostUnreachable))
        });
        let error = connect.await.map(drop);
        let Err(Error::Io(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
    }
}

#[test]
fn the_failure_of_the_applications_own_connector_is_told() {
    everywhere(Unable);
}

#[derive(Clone)]
struct Options;

impl Scenario for Options {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let mut options = TcpOptions::default();
        options.keepalive = Some(Duration::from_secs(90));
        options.send_buffer_size = Some(32 << 10);
        options.receive_buffer_size = Some(32 << 10);
        let connect = sockeye::client::connect::<R, _>(uri("ws", &server)).tcp_options(options);
        let ws = connect.await.expect("the options make sense");
        let SocketAddr::V4(_) = ws.local_addr().expect("it is TCP") else {
            panic!("the server listens on IPv4");
        };
        converse(ws).await;
    }
}

#[test]
fn the_options_of_tcp_are_taken_on_every_runtime() {
    everywhere(Options);
}

#[derive(Clone)]
struct Local;

impl Scenario for Local {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let connect = |host: &str| {
            let uri = format!("ws://{host}:{}/", server.local_addr().port());
            sockeye::client::connect::<R, _>(uri).no_proxy()
        };
        let here = Ipv4Addr::new(127, 0, 0, 2);
        // `localhost` may well have an address of the other family, which is no way then.
        for host in ["127.0.0.1", "localhost"] {
            let ws = connect(host)
                .tcp_options(TcpOptions::default().local_address((here, 0)))
                .await
                .expect("all of 127/8 is here");
            assert_eq!(ws.local_addr().map(|address| address.ip()), Some(here.into()));
            converse(ws).await;
        }
        // The same port serves again at once, though what was left there without a word lingers.
        let port = reserved_port(here).expect("all of 127/8 is here");
        let others = [echo::<R>().await, echo::<R>().await];
        for other in others.map(|server| server.expect("it listens")) {
            let connect = sockeye::client::connect::<R, _>(format!("ws://{}/", other.local_addr()));
            let ws = connect
                .no_proxy()
                .tcp_options(TcpOptions::default().local_address((here, port)))
                .await;
            let ws = ws.expect("the port is free");
            assert_eq!(ws.local_addr(), Some((here, port).into()));
            drop(ws);
        }
        // Nothing leads from one family to the other.
        let error = connect("127.0.0.1")
            .tcp_options(TcpOptions::default().local_address((Ipv6Addr::LOCALHOST, 0)))
            .await
            .map(drop);
        let Err(Error::Io(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.to_string(), "the host has no address that can be used");
        // Nor from an address of others.
        let error = connect("127.0.0.1")
            .tcp_options(TcpOptions::default().local_address((Ipv4Addr::new(192, 0, 2, 1), 0)))
            .await;
        let Err(Error::Io(error)) = error.map(drop) else { panic!("it is nobody's address") };
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
        assert!(error.to_string().contains(": 192.0.2.1:0: "), "{error}");
    }
}

#[test]
fn a_client_connects_from_the_address_that_it_is_told() {
    everywhere(Local);
}

#[derive(Clone)]
struct ByInterface;

impl Scenario for ByInterface {
    async fn run<R: Sockets>(self) {
        let mut options = TcpOptions::default();
        options.interface = Some("lo".to_owned());
        let server = echo::<R>().tcp_options(options).await.expect("everybody has this one");
        let connect = |name: &str| {
            sockeye::client::connect::<R, _>(uri("ws", &server))
                .tcp_options(TcpOptions::default().interface(name))
        };
        converse(connect("lo").await.expect("everybody has this one")).await;
        let error = connect("none such").await.map(drop).expect_err("nobody has this one");
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(error.to_string().contains(": none such: "), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_and_a_server_keep_to_an_interface() {
    everywhere(ByInterface);
}

#[derive(Clone)]
struct Refused;

impl Scenario for Refused {
    async fn run<R: Sockets>(self) {
        let nobody = reserved_port(Ipv4Addr::LOCALHOST).expect("it is here");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, nobody));
        let error = R::connect_tcp(address, &TcpOptions::default()).await;
        let error = error.map(drop).expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}

#[test]
fn a_refusal_is_told_by_its_name() {
    everywhere(Refused);
}

#[derive(Clone)]
struct Named;

impl Scenario for Named {
    async fn run<R: Sockets>(self) {
        let told = |error: Error| match error {
            Error::Io(error) => (error.kind(), error.to_string()),
            error => panic!("{error:?}"),
        };
        let port = reserved_port(Ipv4Addr::LOCALHOST).expect("it is here");
        let connect = |host: &str| {
            sockeye::client::connect::<R, _>("ws://chat.example/").no_proxy().address(host, port)
        };
        for host in ["127.0.0.1", "localhost"] {
            let error = connect(host).await.map(drop).expect_err("nobody listens");
            let (kind, text) = told(error);
            assert_eq!(kind, io::ErrorKind::ConnectionRefused);
            let (address, why) = text.split_once(": ").expect("the address comes first");
            let address: SocketAddr = address.parse().expect("it is one");
            assert!(address.ip().is_loopback() && address.port() == port, "{text}");
            assert!(why.starts_with("Connection refused (os error "), "{text}");
        }
        // The proxy is to blame, and not the server behind it.
        for scheme in ["http", "socks5h"] {
            let proxy = format!("{scheme}://127.0.0.1:{port}");
            let connect = sockeye::client::connect::<R, _>("ws://chat.example/").proxy(proxy);
            let (_, text) = told(connect.await.map(drop).expect_err("nobody listens"));
            assert!(text.starts_with(&format!("127.0.0.1:{port}: ")), "{text}");
        }
        // A label has 63 characters at the most.
        let host = "a".repeat(64);
        let (_, text) = told(connect(&host).await.map(drop).expect_err("it is no name"));
        assert!(text.starts_with(&format!("{host}: ")), "{text}");

        let server = echo::<R>().await.expect("it listens");
        let address = server.local_addr();
        let handle = |_: sockeye::connection::WebSocket<R::Stream, R>| async { Ok(()) };
        let error = sockeye::server::serve::<R, _, _>(address, handle).await.map(drop);
        let (kind, text) = told(error.expect_err("the address is taken"));
        assert_eq!(kind, io::ErrorKind::AddrInUse);
        assert!(text.starts_with(&format!("{address}: Address already in use")), "{text}");
    }
}

#[test]
fn a_failure_of_the_network_names_the_address() {
    everywhere(Named);
}

#[test]
fn a_server_passes_its_options_on_to_connections() {
    let (options, told) = std::sync::mpsc::channel();
    let handler = move |ws: sockeye::tokio::WebSocket| {
        let stream = ws.get_ref().as_tcp().map(SockRef::from);
        let keepalive = stream.as_ref().map(|stream| stream.keepalive());
        let buffer = stream.as_ref().map(|stream| stream.recv_buffer_size());
        let _ = options.send((keepalive, buffer, stream.map(|stream| stream.tcp_nodelay())));
        async { Ok(()) }
    };
    block_on(async {
        let mut options = TcpOptions::default();
        options.nodelay = false;
        options.keepalive = Some(Duration::from_secs(90));
        options.receive_buffer_size = Some(32 << 10);
        let server = sockeye::tokio::serve("127.0.0.1:0", handler).tcp_options(options).backlog(8);
        let server = server.await.expect("it listens");
        let mut ws = sockeye::tokio::connect(uri("ws", &server)).await.expect("it listens");
        assert!(matches!(ws.next().await, Ok(None)));
    });
    let (keepalive, buffer, nodelay) = told.recv().expect("there was a connection");
    assert!(matches!(keepalive, Some(Ok(true))), "{keepalive:?}");
    // Linux counts what it needs for itself, too.
    assert!(matches!(buffer, Some(Ok(65_536 | 32_768))), "{buffer:?}");
    assert!(matches!(nodelay, Some(Ok(false))), "{nodelay:?}");
}
