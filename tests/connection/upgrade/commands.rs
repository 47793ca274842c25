//! Commands to connections that no server of the library has accepted.

use std::sync::Arc;

use sockeye::{
    Close, CloseCode, Prepared,
    connection::{CommandQueue, Io, Runtime},
    server::SlowConsumer,
};
use sockeye_tests::both;

use super::{Scenario, accepted, client, on_each_runtime, parts, upgrade_request};

struct Commands;

impl Scenario for Commands {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) {
        let upgrade = accepted(&parts(upgrade_request()));
        let mut client = client::<S, R>(near, &upgrade);
        let mut server = upgrade.open::<S, R>(far, Vec::new());
        let limits = SlowConsumer::default();
        let commands = Arc::new(CommandQueue::default());
        server.set_commands(Arc::clone(&commands));

        let serve = async {
            while let Some(message) = server.next().await.expect("a regular end") {
                server.send(message).await.expect("open");
            }
            server.outcome().sent.clone()
        };
        let command = async {
            client.send("echo").await.expect("open");
            assert_eq!(client.recv().await.expect("open").as_text(), Some("echo"));
            let news = Prepared::new("news");
            for _ in 0..3 {
                assert!(commands.send(&news, &limits).await);
            }
            for _ in 0..3 {
                assert_eq!(client.recv().await.expect("open").as_text(), Some("news"));
            }
            commands.close(Close::new(CloseCode::GOING_AWAY, "maintenance"));
            while client.next().await.expect("a regular end").is_some() {}
            client.outcome().clone()
        };
        let (sent, outcome) = both(serve, command).await;
        assert_eq!(sent, Some(Close::new(CloseCode::GOING_AWAY, "maintenance")));
        assert_eq!(outcome.code(), Some(CloseCode::GOING_AWAY));
        assert!(!commands.send(&Prepared::new("late"), &limits).await);
    }
}

#[test]
fn a_queue_sends_messages_and_closes_the_connection() {
    on_each_runtime(&Commands);
}

struct Replaced;

impl Scenario for Replaced {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) {
        let upgrade = accepted(&parts(upgrade_request()));
        let mut client = client::<S, R>(near, &upgrade);
        let mut server = upgrade.open::<S, R>(far, Vec::new());
        let limits = SlowConsumer::default();
        let [first, second] = [(); 2].map(|()| Arc::new(CommandQueue::default()));
        // A queue keeps commands from before it is attached.
        assert!(first.send(&Prepared::new("lost"), &limits).await);
        assert!(second.send(&Prepared::new("early"), &limits).await);
        server.set_commands(Arc::clone(&first));
        server.set_commands(Arc::clone(&second));
        server.set_commands(Arc::clone(&second));
        assert!(!first.send(&Prepared::new("lost"), &limits).await);
        assert!(second.send(&Prepared::new("news"), &limits).await);

        server.flush().await.expect("open");
        for text in ["early", "news"] {
            assert_eq!(client.recv().await.expect("open").as_text(), Some(text));
        }
        drop(server);
        assert!(!second.send(&Prepared::new("lost"), &limits).await);
    }
}

#[test]
fn a_queue_is_shut_down_when_another_replaces_it_or_the_connection_is_dropped() {
    on_each_runtime(&Replaced);
}
