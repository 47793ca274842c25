//! Host names are resolved by the client or by the proxy: [RFC 1928 §4](https://www.rfc-editor.org/rfc/rfc1928#section-4).

use std::{
    io,
    net::{IpAddr, TcpListener},
    sync::{Arc, Mutex},
};

use futures_util::{AsyncReadExt, AsyncWriteExt};
use sockeye::{
    Error,
    connection::Sockets,
    error::{HandshakeError, ProxyError, SocksReply},
};
use sockeye_tests::{Pipe, Sim, resolved, run, set_addresses, spawn};

#[test]
fn a_name_is_looked_up_here_only_where_the_scheme_says_so() {
    for (proxy, target, expected) in [
        (None, "origin.example", &["origin.example"][..]),
        (Some("http"), "origin.example", &["proxy.example"]),
        (Some("https"), "origin.example", &["proxy.example"]),
        (Some("socks4a"), "origin.example", &["proxy.example"]),
        (Some("socks5h"), "origin.example", &["proxy.example"]),
        (Some("socks5h"), "hidden.onion", &["proxy.example"]),
        (Some("socks4"), "origin.example", &["origin.example", "proxy.example"]),
        (Some("socks5"), "origin.example", &["origin.example", "proxy.example"]),
        // A target that the protocol cannot express is resolved neither by the client nor by the proxy.
        (Some("socks4a"), "[2001:db8::1]", &[]),
        (Some("socks5"), "192.0.2.1", &["proxy.example"]),
    ] {
        for scheme in ["ws", "wss"] {
            let resolved = run(async {
                let connect = sockeye::client::connect::<Sim, _>(format!("{scheme}://{target}/"));
                let connect = match proxy {
                    Some(proxy) => connect.proxy(format!("{proxy}://proxy.example:9")),
                    None => connect.no_proxy(),
                };
                assert!(connect.await.is_err(), "nobody listens");
                resolved()
            });
            assert_eq!(resolved, expected, "{proxy:?} {scheme} {target}");
        }
    }
}

#[test]
fn a_name_that_socks_cannot_carry_reaches_nobody() {
    let long = "a".repeat(60) + &".a".repeat(120);
    for scheme in ["socks4", "socks4a", "socks5", "socks5h", "http"] {
        let (error, resolved) = run(async {
            let connect =
                sockeye::client::connect::<Sim, _>("ws://short.example/").address(long.clone(), 80);
            let error = connect.proxy(format!("{scheme}://proxy.example:9")).await.map(drop);
            (error, resolved())
        });
        let Err(Error::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxy(_)))) = error
        else {
            panic!("{scheme}: {error:?}");
        };
        assert_eq!(resolved, [""; 0], "{scheme}");
    }
}

/// A proxy for SOCKS 5 that answers the request for an address with a code; and the addresses that it was asked for.
fn socks5(reply: impl Fn(IpAddr) -> u8 + Send + 'static) -> (u16, Arc<Mutex<Vec<IpAddr>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    let port = socket.local_addr().expect("it has an address").port();
    let listener = Sim::listen_tcp(socket).expect("the port is free");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    drop(spawn(async move {
        while let Ok((stream, _)) = Sim::accept_tcp(&listener).await {
            let Ok((mut stream, address)) = requested(stream).await else { continue };
            log.lock().expect("nobody panicked").push(address);
            let _ = stream.write_all(&[5, reply(address), 0, 1, 0, 0, 0, 0, 0, 0]).await;
        }
    }));
    (port, asked)
}

async fn requested(mut stream: Pipe) -> io::Result<(Pipe, IpAddr)> {
    stream.read_exact(&mut [0; 3]).await?;
    stream.write_all(&[5, 0]).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let address = if head[3] == 1 {
        let mut octets = [0; 4];
        stream.read_exact(&mut octets).await?;
        octets.into()
    } else {
        let mut octets = [0; 16];
        stream.read_exact(&mut octets).await?;
        octets.into()
    };
    stream.read_exact(&mut [0; 2]).await?;
    Ok((stream, address))
}

#[test]
fn a_proxy_that_cannot_reach_one_address_is_asked_for_the_next() {
    let addresses =
        ["2001:db8::1", "192.0.2.1", "192.0.2.2"].map(|text| text.parse().expect("an address"));
    for (codes, asked, expected) in [
        // The network, the host, the port, the time, and the kind of address.
        ([3, 0, 9], 2, None),
        ([4, 0, 9], 2, None),
        ([5, 0, 9], 2, None),
        ([6, 0, 9], 2, None),
        ([8, 0, 9], 2, None),
        ([1, 5, 0], 3, None),
        ([8, 5, 4], 3, Some(SocksReply::V5(4))),
        // The rules of the proxy, and what it cannot do at all.
        ([2, 0, 9], 1, Some(SocksReply::V5(2))),
        ([7, 0, 9], 1, Some(SocksReply::V5(7))),
    ] {
        let (error, log) = run(async {
            set_addresses("origin.example", addresses);
            let (port, log) = socks5(move |address| {
                let at = addresses.iter().position(|known| *known == address);
                codes[at.expect("it is one of them")]
            });
            let connect = sockeye::client::connect::<Sim, _>("ws://origin.example/");
            let error = connect.proxy(format!("socks5://proxy.example:{port}")).await.map(drop);
            let log = log.lock().expect("nobody panicked").clone();
            (error.expect_err("there is no server"), log)
        });
        assert_eq!(log, addresses[..asked], "{codes:?}");
        let refused = match error {
            Error::Handshake(HandshakeError::Proxy(ProxyError::Socks(error))) => Some(error.reply),
            // The tunnel is open, and ends at once.
            Error::Handshake(HandshakeError::InvalidMessage(_)) | Error::Io(_) => None,
            error => panic!("{codes:?}: {error:?}"),
        };
        assert_eq!(refused, expected, "{codes:?}");
    }
}
