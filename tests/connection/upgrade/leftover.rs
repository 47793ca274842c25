//! Connections that begin with bytes that the HTTP server has read past the request.

use sockeye::{
    DeflateConfig,
    connection::{Io, Runtime},
};

use super::{
    Scenario, accepted, client, converse, on_each_runtime, parts, read_waiting, upgrade_request,
    with_offer,
};

/// A connection whose HTTP server has read `leftover` bytes past the request.
struct Conversation {
    leftover: usize,
    is_compressed: bool,
}

impl Scenario for Conversation {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, mut far: S) {
        let request = upgrade_request();
        let request = if self.is_compressed { with_offer(request) } else { request };
        let upgrade = accepted(&parts(request)).compression(DeflateConfig::default());
        assert_eq!(upgrade.response().status(), 101);

        let mut client = client::<S, R>(near, &upgrade);
        let long = "compressible ".repeat(100);
        client.send("Hello").await.expect("open");
        client.send(&*long).await.expect("open");
        let leftover = read_waiting::<S, R>(&mut far, self.leftover).await;

        let mut server = upgrade.open::<S, R>(far, leftover);
        assert_eq!(server.recv().await.expect("open").as_text(), Some("Hello"));
        assert_eq!(server.recv().await.expect("open").as_text(), Some(&*long));
        for ws in [&client, &server] {
            assert_eq!(ws.is_compressed(), self.is_compressed);
            assert_eq!(ws.request().path(), "/chat");
            assert_eq!(ws.response().status(), 101);
        }
        converse(client, server).await;
    }
}

/// The size of the frame with "Hello": header, masking key and payload.
const FRAME: usize = 2 + 4 + 5;

#[test]
fn no_bytes_are_left_over() {
    for is_compressed in [false, true] {
        on_each_runtime(&Conversation { leftover: 0, is_compressed });
    }
}

#[test]
fn half_a_frame_is_left_over() {
    for is_compressed in [false, true] {
        for leftover in [1, 2, 4, FRAME - 1] {
            on_each_runtime(&Conversation { leftover, is_compressed });
        }
    }
}

#[test]
fn a_whole_frame_is_left_over() {
    for is_compressed in [false, true] {
        on_each_runtime(&Conversation { leftover: FRAME, is_compressed });
    }
}

#[test]
fn a_whole_frame_and_part_of_the_next_are_left_over() {
    for is_compressed in [false, true] {
        for leftover in FRAME + 1..FRAME + 30 {
            on_each_runtime(&Conversation { leftover, is_compressed });
        }
    }
}

#[test]
fn all_frames_are_left_over() {
    for is_compressed in [false, true] {
        on_each_runtime(&Conversation { leftover: 10_000, is_compressed });
    }
}
