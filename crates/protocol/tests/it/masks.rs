//! Masking keys: a new one for each frame of a client, none for those of a server.

use std::{collections::HashSet, time::Instant};

use bytes::Bytes;
use sockeye_errors::Close;
use sockeye_protocol::{Config, MessageKind, Prepared};

use crate::{messages::noise, pair::links, wire};

#[test]
fn every_frame_of_a_client_has_a_mask_of_its_own_and_a_server_has_none() {
    let now = Instant::now();
    for (name, client, server) in links(&Config::default()) {
        for (mut connection, masked) in [(client, true), (server, false)] {
            let prepared = Prepared::new("prepared");
            let shared = Bytes::from(noise(20_000));
            for size in [0, 1, 4, 125, 126, 8191, 8192, 70_000] {
                connection.send(noise(size)).expect("open");
                connection.send(shared.clone()).expect("open");
                connection.send(&prepared).expect("open");
                connection.ping(now, noise(size.min(125))).expect("open");
                connection.begin_message(MessageKind::Binary).expect("open");
                connection.write_fragment(noise(size + 1), false).expect("begun");
                connection.write_fragment(noise(size), true).expect("begun");
            }
            connection.close(now, &Close::new(1000, "bye")).expect("valid");
            let mut end = crate::pair::End::new(connection);
            let frames = wire::frames(&end.transmit());
            assert_eq!(frames.len(), 8 * 6 + 1, "{name}");
            let keys: HashSet<[u8; 4]> = frames.iter().filter_map(|frame| frame.key).collect();
            assert_eq!(keys.len(), if masked { frames.len() } else { 0 }, "{name}");
            assert!(shared == noise(20_000), "{name}: the caller's bytes were masked");
        }
    }
}
