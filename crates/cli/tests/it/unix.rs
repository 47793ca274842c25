//! Unix sockets.

use crate::command::{Running, run};

#[test]
fn both_speak_through_a_unix_socket_on_every_runtime() {
    let path = std::env::temp_dir().join(format!("sockeye-{}-cli.sock", std::process::id()));
    let path = path.to_str().expect("the folder has a name");
    for runtime in ["tokio", "async-std", "smol"] {
        let mut server = Running::start(&["echo", "--unix", path, "--runtime", runtime]);
        assert_eq!(server.line(), format!("listening on ws+unix:{path}"));
        let client = ["connect", "ws://localhost/", "--unix", path, "--runtime", runtime];
        let outcome = run(&[&client[..], &["--wait", "0"]].concat(), "Hello, Server!\n");
        assert_eq!(outcome.text(), "Hello, Server!\n");
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        // There cannot be a second one.
        let outcome = run(&["echo", "--unix", path], "");
        assert_eq!(outcome.status, Some(1));
        assert!(outcome.stderr.contains(path), "{}", outcome.stderr);
        server.signal("TERM");
        assert_eq!(server.finish().status, Some(0));
        // The socket has gone with its server.
        let outcome = run(&client, "");
        assert_eq!((outcome.status, outcome.text()), (Some(1), ""));
    }
}

#[test]
fn a_unix_socket_stands_in_the_place_of_an_address_and_a_proxy() {
    for arguments in [
        &["echo", "--unix", "x", "--bind", "127.0.0.1:0"][..],
        &["connect", "ws://localhost", "--unix", "x", "--proxy", "http://localhost"],
    ] {
        assert_eq!(run(arguments, "").status, Some(2));
    }
}

#[test]
fn a_unix_socket_has_the_mode_that_was_given() {
    use std::os::unix::fs::PermissionsExt as _;

    let path = std::env::temp_dir().join(format!("sockeye-{}-mode.sock", std::process::id()));
    let path = path.to_str().expect("the folder has a name");
    for option in ["--mode", "--unix-mode"] {
        let mut server = Running::start(&["echo", "--unix", path, option, "600"]);
        assert_eq!(server.line(), format!("listening on ws+unix:{path}"));
        let permissions = std::fs::metadata(path).expect("it is there").permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        server.signal("TERM");
        assert_eq!(server.finish().status, Some(0));
    }
}
