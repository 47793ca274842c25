//! Reconnection, on a clock of its own: [RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3).

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use sockeye::{
    Error,
    client::{Reconnect, ReconnectEvent},
    connection::Sockets,
    error::ErrorCategory,
};
use sockeye_tests::{
    Pipe, Sim,
    all_runtimes::{Scenario, converse, echo, everywhere, uri},
    at_most_polls, elapsed, pipe, run, sleep, spawn,
};

/// The fate of an attempt to connect.
#[derive(Clone, Copy)]
enum Fate {
    Refused,
    Answer(&'static str),
    Open,
}

/// The recorded events with their times.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Duration, String)>>>);

impl Log {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().expect("nobody panicked").push((elapsed(), text.into()));
    }

    /// When something happened.
    fn times(&self, what: &str) -> Vec<Duration> {
        let log = self.0.lock().expect("nobody panicked");
        log.iter().filter(|(_, text)| text == what).map(|(time, _)| *time).collect()
    }

    /// Returns the events that begin with `prefix`.
    fn all(&self, prefix: &str) -> Vec<String> {
        let log = self.0.lock().expect("nobody panicked");
        log.iter().filter_map(|(_, text)| text.strip_prefix(prefix)).map(str::to_owned).collect()
    }

    /// The time between two attempts.
    fn pauses(&self) -> Vec<Duration> {
        let times = self.times("connecting");
        times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

/// A client whose attempts meet these fates, the last one for ever.
fn client(fates: impl Into<Vec<Fate>>) -> (Reconnect<Sim>, Log) {
    let fates = Mutex::new(fates.into());
    let log = Log::default();
    let (dialled, told) = (log.clone(), log.clone());
    let connect =
        sockeye::client::connect::<Sim, _>("ws://example.com/").connector(move |host, _| {
            let mut fates = fates.lock().expect("nobody panicked");
            let fate = if fates.len() > 1 { fates.remove(0) } else { fates[0] };
            dialled.add(format!("host {host}"));
            async move { meet(fate) }
        });
    let client = connect.reconnect().on_event(move |change| match change {
        ReconnectEvent::Connecting { attempt } => {
            told.add("connecting");
            told.add(format!("attempt {attempt}"));
        }
        ReconnectEvent::Connected => told.add("connected"),
        ReconnectEvent::Stopped { .. } => told.add("stopped"),
        ReconnectEvent::Waiting { error, .. } => told.add(format!("waiting {}", error.is_some())),
        _ => {}
    });
    (client, log)
}

fn meet(fate: Fate) -> io::Result<Pipe> {
    let (near, far) = pipe(1 << 16);
    match fate {
        Fate::Refused => return Err(io::ErrorKind::ConnectionRefused.into()),
        Fate::Answer(answer) => drop(spawn(async move {
            far.written().put(answer.as_bytes());
            sleep(SECOND).await;
        })),
        Fate::Open => drop(spawn(async move {
            let handshake = sockeye::server::accept::<_, Sim>(far).await?;
            let mut ws = handshake.accept().await?;
            while ws.next().await?.is_some() {}
            Ok::<_, Error>(())
        })),
    }
    Ok(near)
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_pauses_grow_up_to_the_cap_and_the_last_error_is_told() {
    run(async {
        let (client, log) = client([Fate::Refused]);
        let mut client = client.backoff(SECOND, SECOND * 4).max_attempts(200);
        let error = client.next().await.map(drop).expect_err("nobody is there");
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        let pauses = log.pauses();
        assert_eq!(pauses.len(), 199);
        assert!(pauses[0] <= SECOND && pauses[1] <= SECOND * 2, "{pauses:?}");
        assert!(pauses.iter().all(|&pause| pause <= SECOND * 4), "{pauses:?}");
        // Full jitter: of so many, some are short and some are long.
        assert!(pauses[2..].iter().any(|&pause| pause < SECOND), "{pauses:?}");
        assert!(pauses[2..].iter().any(|&pause| pause > SECOND * 3), "{pauses:?}");
        assert_eq!(log.times("stopped").len(), 1);
        assert_eq!(log.times("connecting")[0], Duration::ZERO, "the first one is made at once");
        assert_eq!(log.all("attempt ").last().map(String::as_str), Some("200"));
        assert!(client.next().await.is_ok_and(|ws| ws.is_none()), "it has ended");
    });
}

#[test]
fn attempts_are_counted_from_the_last_connection() {
    run(async {
        let (client, log) = client([Fate::Refused, Fate::Open, Fate::Refused, Fate::Refused]);
        let mut client = client.max_attempts(2);
        assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
        assert!(client.next().await.is_err());
        assert_eq!(log.all("attempt "), ["1", "2", "1", "2"]);
    });
}

#[test]
fn the_server_may_ask_for_a_pause() {
    for (status, asked) in [(503, 30), (429, 30), (503, 0), (500, 0), (502, 0)] {
        let answer =
            format!("HTTP/1.1 {status} Busy\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n");
        let answer: &'static str = answer.leak();
        run(async {
            let (mut client, log) = client([Fate::Answer(answer), Fate::Open]);
            assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
            let pause = log.pauses()[0];
            let asked = SECOND * asked;
            assert!((asked..=asked + SECOND).contains(&pause), "{status}: {pause:?}");
        });
    }
}

#[test]
fn a_server_cannot_ask_for_a_pause_without_end() {
    let answer = "HTTP/1.1 503 Busy\r\nRetry-After: 999999999\r\nContent-Length: 0\r\n\r\n";
    run(async {
        let (mut client, log) = client([Fate::Answer(answer), Fate::Open]);
        assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
        let pause = log.pauses()[0];
        assert!((SECOND * 600..=SECOND * 601).contains(&pause), "{pause:?}");
    });
}

#[test]
fn the_hook_sees_every_error_and_decides() {
    run(async {
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        let fates = [Fate::Refused, Fate::Answer(answer), Fate::Refused, Fate::Open];
        let (client, log) = client(fates);
        let seen = log.clone();
        let mut client = client.retry_if(move |error| {
            seen.add(format!("seen {}", error.category()));
            seen.all("seen ").len() < 3
        });
        let error = client.next().await.map(drop).expect_err("the hook has seen enough");
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert_eq!(log.all("seen "), ["io_error", "handshake_error", "io_error"]);
        assert_eq!(log.times("stopped").len(), 1);
    });
}

#[test]
fn who_is_refused_does_not_come_back_unless_told_to() {
    let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    run(async {
        let (mut client, log) = client([Fate::Answer(answer), Fate::Open]);
        let error = client.next().await.map(drop).expect_err("the server says no");
        assert_eq!(error.status_code().map(|code| code.as_u16()), Some(403));
        assert_eq!(log.times("connecting").len(), 1);
    });
    run(async {
        let (client, log) = client([Fate::Answer(answer), Fate::Open]);
        let mut client = client.retry_if(|error| error.status_code().is_some());
        assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
        assert_eq!(log.times("connecting").len(), 2);
    });
}

#[test]
fn the_pauses_begin_anew_after_a_connection_that_lived() {
    run(async {
        let (mut client, log) = client([Fate::Open]);
        for _ in 0..20 {
            let ws = client.next().await.expect("the server is there").expect("endless");
            sleep(SECOND * 20).await;
            drop(ws);
        }
        let pauses = log.pauses();
        assert!(pauses.iter().all(|&pause| pause <= SECOND * 21), "{pauses:?}");
        assert_eq!(log.all("waiting "), ["false"; 19]);
    });
    run(async {
        let (mut client, log) = client([Fate::Open]);
        for _ in 0..20 {
            drop(client.next().await.expect("the server is there").expect("endless"));
        }
        // The limits come to more than 800 seconds in all.
        assert!(log.pauses().iter().sum::<Duration>() > SECOND * 60, "{:?}", log.pauses());
    });
}

#[test]
fn a_dropped_wait_goes_on_where_it_was() {
    run(async {
        let fates = [Fate::Refused, Fate::Refused, Fate::Refused, Fate::Refused, Fate::Open];
        let (mut client, log) = client(fates);
        let mut drops = 0;
        loop {
            // Dropped after the first poll, but for the last attempt, which needs more.
            let polls = if log.times("connecting").len() < 5 { 1 } else { usize::MAX };
            match at_most_polls(polls, client.next()).await {
                Some(ws) => break assert!(ws.is_ok_and(|ws| ws.is_some())),
                None => drops += 1,
            }
            sleep(Duration::from_millis(1)).await;
        }
        let pauses = log.pauses();
        assert_eq!(pauses.len(), 4 + usize::from(log.times("connecting").len() > 5));
        let limits = [1, 2, 4, 8].map(|limit| SECOND * limit + Duration::from_millis(2));
        assert!(pauses.iter().zip(limits).all(|(&pause, limit)| pause <= limit), "{pauses:?}");
        assert!(drops > 10, "{drops}");
    });
}

#[test]
fn what_has_moved_for_good_is_looked_for_there() {
    for (status, expected) in [
        (301, ["example.com", "elsewhere.example", "elsewhere.example"].as_slice()),
        (308, &["example.com", "elsewhere.example", "elsewhere.example"]),
        (302, &["example.com", "elsewhere.example", "example.com"]),
        (307, &["example.com", "elsewhere.example", "example.com"]),
    ] {
        let answer = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: //elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
        );
        let answer: &'static str = answer.leak();
        run(async {
            let (mut client, log) = client([Fate::Answer(answer), Fate::Open]);
            for _ in 0..2 {
                assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
            }
            assert_eq!(log.all("host "), expected, "{status}");
        });
    }
}

#[test]
fn what_is_somewhere_else_for_now_is_not_remembered_nor_is_what_follows() {
    let moved = |status: u16, host: &str| -> Fate {
        let location = format!("Location: //{host}/");
        let answer = format!("HTTP/1.1 {status} Moved\r\n{location}\r\nContent-Length: 0\r\n\r\n");
        Fate::Answer(answer.leak())
    };
    for (first, second, remembered) in
        [(301, 302, "a.example"), (302, 301, "example.com"), (308, 301, "b.example")]
    {
        run(async {
            let fates = [moved(first, "a.example"), moved(second, "b.example"), Fate::Open];
            let (mut client, log) = client(fates);
            for _ in 0..2 {
                assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
            }
            let hosts = ["example.com", "a.example", "b.example", remembered];
            assert_eq!(log.all("host "), hosts, "{first} {second}");
        });
    }
}

#[test]
fn what_has_moved_to_nowhere_is_looked_for_where_it_was() {
    for (there, what) in [(Fate::Refused, "nobody"), (Fate::Answer(UNAVAILABLE), "no server")] {
        run(async {
            let (client, log) = client([Fate::Answer(MOVED), there, Fate::Open]);
            let mut client = client.retry_if(|_| true);
            assert!(client.next().await.is_ok_and(|ws| ws.is_some()));
            assert_eq!(
                log.all("host "),
                ["example.com", "elsewhere.example", "example.com"],
                "{what}"
            );
        });
    }
}

const MOVED: &str =
    "HTTP/1.1 301 Moved\r\nLocation: //elsewhere.example/\r\nContent-Length: 0\r\n\r\n";
const UNAVAILABLE: &str = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_mistake_is_told_once() {
    run(async {
        let mut client = sockeye::client::reconnect::<Sim, _>("http://example.com");
        assert!(matches!(client.next().await, Err(Error::InvalidUri(_))));
        assert!(client.next().await.is_ok_and(|ws| ws.is_none()));
    });
}

#[test]
fn what_cannot_be_asked_for_is_told_before_anybody_is_asked() {
    run(async {
        for (name, value) in [("upgrade", "x"), ("x y", "z"), ("x", "y\nz")] {
            let connect =
                sockeye::client::connect::<Sim, _>("ws://example.com/").header(name, value);
            let connect = connect.connector(|_, _| async { meet(Fate::Refused) });
            let error = connect.reconnect().next().await.map(drop).expect_err("a mistake");
            assert_eq!(error.category(), ErrorCategory::Handshake, "{error}");
        }
    });
}

#[derive(Clone)]
struct Again;

impl Scenario for Again {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let mut connections = sockeye::client::reconnect::<R, _>(uri("ws", &server))
            .backoff(Duration::from_millis(1), Duration::from_millis(2))
            .max_attempts(3);
        for _ in 0..3 {
            let ws = connections.next().await.expect("the server is there").expect("endless");
            converse(ws).await;
        }
        server.close().await;
        assert!(matches!(connections.next().await, Err(Error::Io(_))), "the server has gone");
        assert!(connections.next().await.is_ok_and(|ws| ws.is_none()), "it has ended");
    }
}

#[test]
fn every_runtime_connects_again() {
    everywhere(Again);
}
