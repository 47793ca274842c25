//! `sockeye echo`.

use std::net::{TcpListener, ToSocketAddrs as _};

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

#[test]
fn a_name_stands_for_all_of_its_addresses() {
    let mut server = Running::start(&["echo", "--bind", "localhost:0"]);
    let line = server.line();
    let port = line.strip_prefix("listening on ws://localhost:").expect("the name is told");
    let addresses = ("localhost", 0).to_socket_addrs().expect("every machine knows it");
    for address in addresses {
        if TcpListener::bind(address).is_ok() {
            let uri = format!("ws://{}:{port}", address.to_string().trim_end_matches(":0"));
            assert_eq!(run(&["connect", &uri, "-x", "hi", "-1"], "").text(), "hi\n");
        }
    }
}

#[test]
fn browsers_come_from_the_origins_that_are_accepted() {
    let origin = "https://example.com";
    let status = |options: &[&str]| {
        let server = Server::start(options);
        run(&["connect", &server.uri, "--origin", origin, "-x", "hi", "-1"], "").status
    };
    assert_eq!(status(&[]), Some(1));
    assert_eq!(status(&["--origin", "https://example.org"]), Some(1));
    assert_eq!(status(&["--origin", "https://example.org", "--origin", origin]), Some(0));
    assert_eq!(status(&["--any-origin"]), Some(0));
}

#[test]
fn the_limits_of_a_request_can_be_raised() {
    let header = format!("Cookie: {}", "x".repeat(40_000));
    let many: Vec<_> = (0..150).flat_map(|n| ["-H".to_owned(), format!("X-{n}: 1")]).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for (options, request) in [
        (&["--max-line", "64K"][..], &["-H", &*header][..]),
        (&["--max-line", "64K", "--max-head", "41000"], &["-H", &*header]),
        (&["--max-headers", "200"], &many),
    ] {
        let status = |options: &[&str]| {
            let server = Server::start(options);
            let client = ["connect", &server.uri, "-x", "hi", "-1"];
            run(&[&client[..], request].concat(), "").status
        };
        assert_eq!(status(&[]), Some(1), "{options:?}");
        assert_eq!(status(options), Some(0), "{options:?}");
    }
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
