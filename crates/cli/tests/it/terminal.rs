//! `sockeye connect` on a terminal, which the server must not control.

use std::io::Write as _;

use crate::{
    failures::{accept, await_close, server},
    pseudo_terminal::Terminal,
};

/// Text that controls a terminal, or that looks like another text.
const EVIL: &str =
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\n\u{8}\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}";

const ESCAPED: &str =
    r"\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\n\u{8}\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}";

#[test]
fn a_server_cannot_drive_the_terminal() {
    let json = format!("[\"{}\"]", EVIL.replace(|c: char| c < ' ', ""));
    let laid_out = r#"[
  "[2J]0;title\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}"
]"#;
    for (message, wanted) in [(EVIL, ESCAPED), (&json, laid_out)] {
        let message = message.to_owned();
        let uri = server(move |stream| {
            accept(stream);
            for (head, payload) in
                [(0x81, &*message), (0x82, EVIL), (0x88, &*format!("\x0f\x11{EVIL}"))]
            {
                let length = u8::try_from(payload.len()).expect("it is short");
                let _ = stream.write_all(&[&[head, length], payload.as_bytes()].concat());
            }
            await_close(stream);
        });
        let shown = Terminal::start(&["connect", &uri, "--json", "--wait", "60"]).finish(1);
        let ours = without_editor(&shown);
        assert!(ours.contains(&format!("< {wanted}\n")), "{ours:?}");
        assert!(
            ours.contains(&format!("sockeye: Connection closed: the peer sent 3857: {ESCAPED}\n")),
            "{ours:?}"
        );
        let obeyed = |c: char| c != '\n' && (c.is_control() || EVIL.contains(c) && !c.is_ascii());
        assert_eq!(ours.find(obeyed), None, "{ours:?}");
    }
}

#[test]
fn raw_bytes_are_not_for_a_terminal() {
    // The command fails before it connects.
    let shown = Terminal::start(&["connect", "ws://192.0.2.1/", "--raw"]).finish(2);
    assert!(
        shown.starts_with("sockeye: --raw would let the server control this terminal"),
        "{shown}"
    );
}

/// Removes the control sequences of the line editor.
fn without_editor(shown: &str) -> String {
    let sequences = [
        "\u{1b}[?2004h",
        "\u{1b}[?2004l",
        "\u{1b}[?2026h",
        "\u{1b}[?2026l",
        "\u{1b}[K",
        "\u{1b}[J",
        "\u{1b}[A",
        "\u{1b}[2C",
    ];
    let mut shown = shown.to_owned();
    for sequence in sequences {
        shown = shown.replace(sequence, "");
    }
    shown.replace("\r\n", "\n").replace('\r', "").replace("> ", "")
}
