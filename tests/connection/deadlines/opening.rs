//! How long an opening handshake may take.

use std::time::Duration;

use sockeye::error::Operation;
use sockeye_tests::{Elapsed, Sim, pipe, run, sleep, spawn};

use super::{SECOND, timeout_of};

#[test]
fn a_client_gives_up_on_a_silent_server_after_the_open_timeout() {
    for timeout in [Duration::ZERO, SECOND, 10 * SECOND] {
        run(async move {
            let (near, _far) = pipe(4096);
            let client =
                sockeye::client::client::<_, Sim, _>("ws://localhost/", near).open_timeout(timeout);
            let clock = Elapsed::start();
            let error = client.await.expect_err("nobody answers");
            assert_eq!(timeout_of(&error), Some(Operation::Handshake));
            assert!(error.is_retryable());
            assert_eq!(clock.get(), timeout);
        });
    }
}

#[test]
fn a_server_gives_up_on_a_silent_client_and_on_half_a_head() {
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for sent in [0, 1, 17, head.len()] {
        run(async move {
            let (near, far) = pipe(4096);
            near.written().put(&head.as_bytes()[..sent]);
            let clock = Elapsed::start();
            let server = sockeye::server::accept::<_, Sim>(far).open_timeout(3 * SECOND);
            let error = server.await.expect_err("there is no request");
            assert_eq!(timeout_of(&error), Some(Operation::Handshake), "{error:?}");
            assert_eq!(clock.get(), 3 * SECOND);
        });
    }
}

#[test]
fn a_client_that_sends_its_head_drop_by_drop_does_not_move_the_deadline() {
    run(async {
        let (near, far) = pipe(4096);
        let tap = near.written();
        spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\n".iter().cycle().take(1000) {
                tap.put(&[*byte]);
                sleep(Duration::from_millis(100)).await;
            }
            drop(near);
        });
        let clock = Elapsed::start();
        let error = sockeye::server::accept::<_, Sim>(far).await.expect_err("there is no request");
        assert_eq!(timeout_of(&error), Some(Operation::Handshake), "{error:?}");
        assert_eq!(clock.get(), 10 * SECOND);
    });
}
