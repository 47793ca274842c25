//! Text is UTF-8: [RFC 6455 §5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6) and [§8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1).

use sockeye_errors::ProtocolError;
use sockeye_protocol::{Event, Message};

use super::wire::{assert_fails, bare, client, receive, text};

#[test]
fn a_text_is_utf8_as_a_whole() {
    let euro = "€".as_bytes();
    let bytes = [bare(0x01, &euro[..1]), bare(0x00, &euro[1..2]), bare(0x80, &euro[2..])].concat();
    assert_eq!(receive(&mut client(), &bytes), [text("€")]);
    for bytes in [
        bare(0x81, b"\xff"),
        bare(0x81, &euro[..2]),
        bare(0x01, b"\xc0"),
        [bare(0x01, &euro[..1]), bare(0x80, b"a")].concat(),
        [bare(0x01, &euro[..1]), bare(0x80, b"")].concat(),
    ] {
        assert_fails(client(), &bytes, ProtocolError::InvalidUtf8, 1007);
    }
    let binary = Event::Message(Message::from(b"\xff\xc0"));
    assert_eq!(receive(&mut client(), &bare(0x82, b"\xff\xc0")), [binary]);
}
