//! The response of a server, on the wire and as its connection reports it.

use http::StatusCode;
use sockeye::{
    Config, DeflateConfig, Error,
    error::HandshakeError,
    server::{Rejection, ServerOptions},
};
use sockeye_tests::{Pipe, Sim, both, pipe, run};

use crate::handshake::REQUEST;

fn invalid_status(error: Error) -> sockeye::error::InvalidStatus {
    match error {
        Error::Handshake(HandshakeError::InvalidStatus(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_chooses_a_subprotocol_and_adds_headers() {
    run(async {
        let (near, far) = pipe(4096);
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near)
            .subprotocols(["superchat", "chat"])
            .header("x-api-key", "k3y");
        let server = async {
            let handshake = sockeye::server::accept::<_, Sim>(far)
                .options(ServerOptions::default().header("x-always", "1").expect("a header"))
                .await?;
            assert_eq!(handshake.request().header("x-api-key"), Some("k3y"));
            assert!(handshake.offered_subprotocols().iter().any(|name| name == "chat"));
            handshake.subprotocol("chat").header("x-user", "7").accept().await
        };
        let (client, server) = both(client.into_future(), server).await;
        let (client, server) = (client.expect("open"), server.expect("open"));
        assert_eq!(client.subprotocol(), Some("chat"));
        assert_eq!(server.subprotocol(), Some("chat"));
        assert_eq!(client.response().header("x-user"), Some("7"));
        assert_eq!(client.response().header("x-always"), Some("1"));
        assert_eq!(server.request().subprotocols(), ["superchat", "chat"]);
    });
}

#[test]
fn the_response_that_a_server_tells_of_is_the_one_it_sent() {
    run(async {
        for (chosen, header) in [(None, false), (Some("b"), false), (None, true), (Some("a"), true)]
        {
            let (near, far) = pipe(64 << 10);
            near.written().put(format!("{REQUEST}Sec-WebSocket-Protocol: a, b\r\n\r\n").as_bytes());
            let mut handshake =
                sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
            if let Some(subprotocol) = chosen {
                handshake = handshake.subprotocol(subprotocol);
            }
            if header {
                handshake = handshake.header("x-user", "7");
            }
            let ws = handshake.accept().await.expect("open");
            assert_eq!(ws.subprotocol(), chosen);
            assert_eq!(ws.response().as_bytes().unwrap_or_default(), near.read().log());
        }
    });
}

#[test]
fn the_response_is_the_one_that_was_sent_whatever_was_set_for_the_connection() {
    run(async {
        type Accept = sockeye::server::Accept<Sim, Pipe>;
        let config = || {
            let mut config = Config::default();
            (config.max_incoming_size, config.ping_interval) = (Some(7), None);
            config
        };
        let options = ServerOptions::default;
        let settings: [&dyn Fn(Accept) -> Accept; 5] = [
            &|accept| accept,
            &|accept| accept.config(config()),
            &|accept| {
                let origins = options().origins(["https://example.com"]).expect("an origin");
                accept.options(origins).config(config())
            },
            &|accept| accept.options(options().header("x-always", "1").expect("a header")),
            &|accept| accept.options(options().subprotocols(["b"]).expect("a token")),
        ];
        for (number, set) in settings.into_iter().enumerate() {
            let (near, far) = pipe(64 << 10);
            let more = if number == 2 { "Origin: https://example.com\r\n" } else { "" };
            let request = format!("{REQUEST}{more}Sec-WebSocket-Protocol: a, b\r\n\r\n");
            near.written().put(request.as_bytes());
            let accept = set(sockeye::server::accept(far)).await.expect("a good request");
            let ws = accept.accept().await.expect("open");
            assert_eq!(ws.subprotocol(), (number == 4).then_some("b"));
            assert_eq!(ws.response().as_bytes().unwrap_or_default(), near.read().log(), "{number}");
        }
    });
}

#[test]
fn the_response_is_the_same_for_a_connection_of_a_server() {
    run(async {
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", |mut ws| async move {
            let subprotocol = ws.subprotocol().unwrap_or("none").to_owned();
            ws.send(subprotocol).await?;
            ws.send(ws.response().as_bytes().unwrap_or_default().to_vec()).await?;
            Ok(())
        });
        let mut options = ServerOptions::default();
        options.require_subprotocol = false;
        let server = server
            .options(options)
            .subprotocols(["b", "a"])
            .header("x-always", "1")
            .compression(DeflateConfig::default())
            .await
            .expect("listening");
        for (offered, chosen) in [(&["a", "b"][..], "b"), (&["c", "a"], "a"), (&[], "none")] {
            let uri = format!("ws://{}", server.local_addr());
            let client =
                sockeye::client::connect::<Sim, _>(uri).subprotocols(offered.iter().copied());
            let mut client = client.compression(DeflateConfig::default()).await.expect("open");
            assert_eq!(client.recv().await.expect("told").as_text(), Some(chosen));
            assert_eq!(client.subprotocol().unwrap_or("none"), chosen);
            let response = client.recv().await.expect("told");
            assert_eq!(response.as_bytes(), client.response().as_bytes().unwrap_or_default());
        }
        server.close().await;
    });
}

#[test]
fn a_server_that_chooses_what_was_not_offered_says_500() {
    run(async {
        let (near, far) = pipe(4096);
        let client =
            sockeye::client::client::<_, Sim, _>("ws://localhost/", near).subprotocols(["chat"]);
        let server = async {
            sockeye::server::accept::<_, Sim>(far).await?.subprotocol("other").accept().await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect_err("not offered");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::INTERNAL_SERVER_ERROR);
    });
}

#[test]
fn a_server_rejects_in_its_own_words() {
    run(async {
        let (near, far) = pipe(4096);
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
            handshake.reject(StatusCode::FORBIDDEN, "no").await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect("told");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!((error.status_code, &*error.body), (StatusCode::FORBIDDEN, &b"no"[..]));
    });
    run(async {
        let (near, far) = pipe(4096);
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
            let rejection = Rejection::unauthorized("the realm").expect("a realm");
            handshake.reject_with(&rejection).await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect("told");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::UNAUTHORIZED);
        let challenge = error.headers["www-authenticate"].to_str().expect("ASCII");
        assert!(challenge.starts_with("Basic realm=\"the realm\""), "{challenge}");
    });
}

#[test]
fn a_rejection_that_is_none_leaves_the_client_without_a_connection() {
    run(async {
        let (near, far) = pipe(4096);
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
            handshake.reject(StatusCode::SWITCHING_PROTOCOLS, "").await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect_err("101 is no rejection");
        client.expect_err("there is no answer");
    });
}
