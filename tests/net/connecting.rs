//! Other ways to the server than the one that the URI names.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use sockeye::{
    Error, TcpOptions,
    driver::{self, Runtime},
};

use crate::{
    authority::Authority,
    everywhere::{Scenario, converse, echo, everywhere, uri},
};

#[derive(Clone)]
struct Elsewhere(Arc<Authority>);

impl Scenario for Elsewhere {
    async fn run<R: Runtime>(self) {
        let Self(authority) = self;
        let server = authority.server_with(&["chat.example"], |_| {});
        let server = echo::<R>().tls(server).await.expect("it listens");
        let port = server.local_addr().port();
        // The name in the certificate and in the request is that of the URI.
        let connect = || driver::connect::<R, _>("wss://chat.example/").tls(authority.client());
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
    async fn run<R: Runtime>(self) {
        let connect = driver::connect::<R, _>("ws://chat.example/");
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
    async fn run<R: Runtime>(self) {
        let server = echo::<R>().await.expect("it listens");
        let mut options = TcpOptions::default();
        options.keepalive = Some(Duration::from_secs(90));
        options.send_buffer_size = Some(32 << 10);
        options.receive_buffer_size = Some(32 << 10);
        let connect = driver::connect::<R, _>(uri("ws", &server)).tcp_options(options);
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
