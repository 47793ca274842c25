//! Limits: [RFC 6455 §10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4).

use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event};

use super::wire::{KEY, assert_fails, bare, client, frames, receive, text, written};
use crate::connection::Connection;

#[test]
fn a_message_over_the_limit_is_refused_however_it_is_cut() {
    let mut config = Config::default();
    config.max_incoming_size = Some(5);
    let client = || Connection::client(config.clone(), || Ok(KEY));
    assert_eq!(receive(&mut client(), &bare(0x81, b"12345")), [text("12345")]);
    let error = PayloadTooBig::new(6, 5).into();
    assert_fails(client(), &bare(0x81, b"123456"), error, 1009);
    assert_fails(client(), &[bare(0x01, b"123"), bare(0x80, b"456")].concat(), error, 1009);
    // The announcement is enough.
    let error = PayloadTooBig::new(1 << 40, 5).into();
    assert_fails(client(), &[0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], error, 1009);
}

#[test]
fn fragments_without_end_are_refused() {
    let mut client = client();
    receive(&mut client, &bare(0x01, b""));
    let flood = bare(0x00, b"").repeat(100);
    assert_eq!(receive(&mut client, &flood), [Event::Failed(ProtocolError::TooManyFragments)]);
    assert_eq!(frames(&written(&mut client))[0].2[..2], 1008_u16.to_be_bytes());
}
