//! Servers that listen on several addresses.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use sockeye::{
    HandlerError,
    connection::{Sockets, WebSocket},
};

use sockeye_tests::all_runtimes::{Scenario, converse, everywhere};

#[derive(Clone)]
struct Reachable(Vec<SocketAddr>);

impl Scenario for Reachable {
    async fn run<R: Sockets>(self) {
        let serve = sockeye::server::serve::<R, _, _>(&*self.0, echo::<R>);
        let server = serve.await.expect("it listens");
        let port = server.local_addr().port();
        assert_eq!(server.local_addr().ip(), self.0[0].ip());
        for _ in 0..3 {
            for address in &self.0 {
                let uri = format!("ws://{}/", SocketAddr::new(address.ip(), port));
                let ws = sockeye::client::connect::<R, _>(uri).await;
                converse(ws.expect("it is listened on")).await;
            }
        }
        server.close().await;
    }
}

#[test]
fn a_server_is_reachable_at_every_address_of_its_host() {
    everywhere(Reachable(any_port(&[[127, 0, 0, 1], [127, 0, 0, 2]])));
}

#[test]
fn ipv6_and_ipv4_share_a_port() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        everywhere(Reachable(vec![
            (Ipv6Addr::LOCALHOST, 0).into(),
            (Ipv4Addr::LOCALHOST, 0).into(),
        ]));
    }
}

#[derive(Clone)]
struct Missing;

impl Scenario for Missing {
    async fn run<R: Sockets>(self) {
        // RFC 5737 §3: no machine has the second address.
        let addresses = any_port(&[[127, 0, 0, 1], [192, 0, 2, 1], [127, 0, 0, 1]]);
        let serve = sockeye::server::serve::<R, _, _>(&*addresses, echo::<R>);
        let server = serve.await.expect("it listens on the others");
        let uri = format!("ws://{}/", server.local_addr());
        converse(sockeye::client::connect::<R, _>(uri).await.expect("it is listened on")).await;
        server.close().await;

        let serve = sockeye::server::serve::<R, _, _>(&addresses[1..2], echo::<R>);
        let error = serve.await.expect_err("there is no other address");
        assert!(error.to_string().starts_with("192.0.2.1:0: "), "{error}");
    }
}

#[test]
fn an_address_that_the_machine_does_not_have_is_left_out() {
    everywhere(Missing);
}

#[derive(Clone)]
struct Taken;

impl Scenario for Taken {
    async fn run<R: Sockets>(self) {
        let other = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).expect("a port is free");
        let taken = other.local_addr().expect("it is bound");
        let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, taken.port()).into(), taken];
        let serve = sockeye::server::serve::<R, _, _>(&addresses[..], echo::<R>);
        let error = serve.await.expect_err("another process uses one of the addresses");
        // Another test may use the port on the first address.
        let text = error.to_string();
        assert!(addresses.iter().any(|used| text.starts_with(&format!("{used}: "))), "{text}");
    }
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    everywhere(Taken);
}

async fn echo<R: Sockets>(mut ws: WebSocket<R::Stream, R>) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

fn any_port(addresses: &[[u8; 4]]) -> Vec<SocketAddr> {
    addresses.iter().map(|&address| (address, 0).into()).collect()
}
