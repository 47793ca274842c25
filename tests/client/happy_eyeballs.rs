//! Happy eyeballs ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)): hosts of which not all addresses answer.

use std::{io, time::Duration};

use sockeye::{
    Error, HandlerError,
    connection::{TcpOptions, WebSocket},
    error::Operation,
    server::Server,
};
use sockeye_tests::{Elapsed, Sim, at_most_polls, attempts, run, timers, yield_now};

type Ws = WebSocket<<Sim as sockeye::connection::Sockets>::Stream, Sim>;

async fn echo(mut ws: Ws) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

async fn server() -> Server {
    sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).await.expect("it listens")
}

fn connect(host: &str, server: &Server) -> sockeye::client::Connect<Sim, sockeye::client::Dial> {
    sockeye::client::connect(format!("ws://{host}:{}/", server.local_addr().port())).no_proxy()
}

#[test]
fn an_address_that_does_not_answer_costs_a_quarter_of_a_second() {
    // The families take turns: of three addresses of IPv6, one is in the way.
    let table = [
        ("here", 0),
        ("silent.here", 250),
        ("silent.silent.silent.here", 250),
        ("mute.here", 250),
        ("mute.silent.here", 500),
        ("refused.here", 0),
        ("refused.refused.here", 0),
        ("refused.mute.here", 250),
        ("silent.mute.refused.here", 500),
    ];
    for (host, cost) in table {
        run(async {
            let server = server().await;
            let clock = Elapsed::start();
            let mut ws = connect(host, &server).await.expect("one address is there");
            assert_eq!(clock.get(), Duration::from_millis(cost), "{host}");
            // The slower attempts are cancelled.
            assert_eq!(attempts(), 0, "{host}");
            ws.send("hello").await.expect("it is open");
            assert_eq!(ws.recv().await.expect("it is open").as_text(), Some("hello"));
        });
    }
}

#[test]
fn a_host_that_nobody_answers_for_fails_in_time_and_by_its_name() {
    run(async {
        let server = server().await;
        let clock = Elapsed::start();
        let error = connect("silent.mute.refused", &server).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Connect);
        assert_eq!(clock.get(), Duration::from_secs(10));
        let clock = Elapsed::start();
        let error = connect("refused.refused", &server).await.map(drop);
        let Err(Error::Io(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(clock.get(), Duration::ZERO);
        assert_eq!(attempts(), 0);
    });
}

#[test]
fn only_the_family_of_the_local_address_is_tried() {
    run(async {
        let server = server().await;
        let clock = Elapsed::start();
        let connect = connect("silent.refused.here", &server);
        let ws = connect
            .tcp_options(TcpOptions::default().local_address(([127, 0, 0, 1], 0)))
            .await
            .expect("one address is there");
        assert_eq!(clock.get(), Duration::ZERO);
        drop(ws);
    });
}

#[test]
fn an_attempt_that_is_dropped_leaves_no_timer_and_no_attempt() {
    run(async {
        let server = server().await;
        for polls in 1.. {
            let before = timers();
            let connect = connect("silent.mute.refused.here", &server);
            let ended = at_most_polls(polls, connect.into_future()).await;
            assert_eq!(attempts(), 0, "after {polls} polls");
            let is_open = ended.is_some();
            drop(ended);
            // The server learns of it in its own time.
            let clock = Elapsed::start();
            while server.connections() > 0 || timers() > before {
                assert!(clock.get() < Duration::from_secs(1), "after {polls} polls");
                yield_now().await;
            }
            if is_open {
                assert!(polls > 3, "{polls}");
                break;
            }
        }
    });
}
