//! The programs of the documentation and some more, generic over the runtime.

use std::time::Duration;

use sockeye::{HandlerError, connection::Sockets, server::Server};

pub(crate) use sockeye::{
    client::{client, connect, reconnect},
    server::{accept, serve},
};

pub(crate) mod about;
pub(crate) mod documented;
pub(crate) mod ends;
pub(crate) mod load;

type WebSocket<R> = sockeye::connection::WebSocket<<R as Sockets>::Stream, R>;

const FIVE_SECONDS: Duration = Duration::from_secs(5);

async fn echo<R: Sockets>(mut ws: WebSocket<R>) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

async fn echo_server<R: Sockets>() -> Server {
    serve::<R, _, _>("127.0.0.1:0", echo::<R>).await.expect("listening")
}

fn uri(server: &Server) -> String {
    format!("ws://{}/", server.local_addr())
}

/// Spawns a task on the runtime and returns a future for its result.
fn spawn<R: Sockets, T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let (sender, result) = tokio::sync::oneshot::channel();
    R::spawn(async move {
        // The test may end without this result.
        let _ = sender.send(task.await);
    });
    async move { result.await.expect("the task does not panic") }
}

/// Defines a test for each program, which `$block_on` runs on `$runtime`.
macro_rules! test_programs {
    ($runtime:ty, $block_on:path) => {
        crate::runtime_matrix::test_programs! {
            @ $runtime, $block_on;
            about: a_connection_tells_about_itself, both_ends_tell_of_the_same_handshake;
            documented: a_client_connects_again_and_again, a_client_has_options, a_client_says_hello,
                a_handshake_over_a_stream_of_ones_own, a_server_has_a_health_check_and_news_for_all,
                errors_are_told_apart, everything_that_is_a_message_can_be_sent,
                messages_larger_than_memory_go_in_parts, two_tasks_share_a_connection;
            ends: after_the_end_each_gets_the_right_error, handlers_that_fail_and_panic_close_with_1011;
            load: a_broadcast_after_the_handshake_reaches_the_client,
                a_burst_of_broadcasts_reaches_clients_that_keep_up, hundreds_come_and_go,
                many_senders_under_load_keep_their_order;
        }
    };
    (@ $runtime:ty, $block_on:path; $($module:ident: $($program:ident),+;)+) => {
        $(mod $module {
            $(#[test]
            fn $program() -> Result<(), sockeye::Error> {
                $block_on(crate::runtime_matrix::$module::$program::<$runtime>())
            })+
        })+
    };
}
pub(crate) use test_programs;
