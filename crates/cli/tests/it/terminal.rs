//! `sockeye connect` on a terminal, which the server must not control.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

use crate::failures::{accept, await_close, server};

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
        let shown = on_a_terminal(&format!("connect {uri} --json --wait 60"));
        let ours = shown.replace("\r\u{1b}[K", "").replace("\r\n", "\n");
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
    let shown = on_a_terminal("connect ws://192.0.2.1/ --raw");
    assert!(
        shown.starts_with("sockeye: --raw would let the server control this terminal"),
        "{shown}"
    );
}

/// Runs the command on a new terminal, and returns the output on it.
fn on_a_terminal(arguments: &str) -> String {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_sockeye"));
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a program that makes terminals");
    let mut shown = String::new();
    let mut stdout = script.stdout.take().expect("it is piped");
    // The end of its input is the end of ours: not before the command has ended.
    stdout.read_to_string(&mut shown).expect("it shows text");
    let status = script.wait().expect("it ends");
    assert!(!status.success(), "{shown}");
    shown
}
