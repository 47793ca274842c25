//! `sockeye echo`.

use crate::command::{Running, Server, run};

const RUNTIMES: [&str; 3] = ["tokio", "async-std", "smol"];

#[test]
fn every_runtime_echoes_to_every_runtime() {
    for server in RUNTIMES {
        let server = Server::start(&["--runtime", server]);
        for client in RUNTIMES {
            let client = ["connect", &server.uri, "--wait", "0", "--runtime", client];
            let outcome = run(&client, "Hello, Server!\nκόσμε\n\n");
            assert_eq!(outcome.text(), "Hello, Server!\nκόσμε\n\n");
            assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        }
    }
}

#[test]
fn compression_is_as_both_want_it() {
    for options in [&[][..], &["--compression"]] {
        let server = Server::start(options);
        for options in [&[][..], &["--compression"]] {
            let line = "la ".repeat(1000);
            let client = [&["connect", &server.uri, "--wait", "0"], options].concat();
            assert_eq!(run(&client, format!("{line}\n")).text(), format!("{line}\n"));
        }
    }
}

#[test]
fn a_message_over_the_limit_is_refused() {
    let server = Server::start(&["--max-size", "10"]);
    let outcome = run(&["connect", &server.uri], "0123456789\n0123456789a\n");
    assert_eq!(outcome.text(), "0123456789\n");
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stderr.contains("1009"), "{}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn a_signal_closes_every_connection_and_ends_it_well() {
    for runtime in RUNTIMES {
        for signal in ["INT", "TERM"] {
            let mut server = Server::start(&["--runtime", runtime]);
            let mut clients =
                [(); 2].map(|()| Running::start(&["connect", &server.uri, "--wait", "60"]));
            for client in &mut clients {
                client.write("Are you there?");
                assert_eq!(client.line(), "Are you there?");
            }
            server.process.signal(signal);
            let outcome = server.process.finish();
            assert_eq!((outcome.status, outcome.text(), &*outcome.stderr), (Some(0), "", ""));
            for mut client in clients {
                let outcome = client.finish();
                // 1001 is a normal end.
                assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn it_runs_on_as_many_threads_as_are_wanted() {
    for runtime in RUNTIMES {
        for threads in ["1", "3"] {
            let server = Server::start(&["--runtime", runtime, "--threads", threads]);
            assert_eq!(run(&["connect", &server.uri, "--wait", "0"], "hi\n").text(), "hi\n");
        }
    }
}
