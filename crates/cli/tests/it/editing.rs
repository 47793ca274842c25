//! Lines that are typed on a terminal.

use std::{io::Write as _, sync::mpsc};

use crate::{
    command::Server,
    failures::{accept, await_close, server},
    pseudo_terminal::Terminal,
};

/// Starts a dialogue with an echo server, and waits for the prompt.
fn talk_to(server: &Server) -> Terminal {
    let mut terminal = Terminal::start(&["connect", &server.uri]);
    terminal.wait_for(&[&greeting(&server.uri), ">"]);
    terminal
}

fn greeting(uri: &str) -> String {
    format!("Connected to {uri}/. Ctrl-D closes it, and /help lists commands.")
}

#[test]
fn a_message_that_arrives_leaves_the_line_that_is_typed() {
    let (typed, wait) = mpsc::channel::<()>();
    let uri = server(move |stream| {
        accept(stream);
        let _ = wait.recv();
        let _ = stream.write_all(b"\x81\x05hello\x81\x05again");
        let _ = wait.recv();
        let _ = stream.write_all(b"\x88\x02\x03\xe8");
        await_close(stream);
    });
    let mut terminal = Terminal::start(&["connect", &uri]);
    terminal.wait_for(&[&greeting(&uri), ">"]);
    terminal.press("half a li");
    terminal.wait_for(&["> half a li"]);
    typed.send(()).expect("the server waits");
    terminal.wait_for(&["< hello", "< again", "> half a li"]);
    terminal.press("ne");
    terminal.wait_for(&["< hello", "< again", "> half a line"]);
    typed.send(()).expect("the server waits");
    terminal.wait_for(&["< again", CLOSED_BY_THE_SERVER]);
    terminal.finish(0);
}

#[test]
fn a_flood_of_messages_is_printed_to_its_end() {
    let uri = server(|stream| {
        accept(stream);
        let flood: Vec<u8> = (0..2000)
            .flat_map(|n| {
                let text = format!("{n:04}");
                [&[0x81, 4], text.as_bytes()].concat()
            })
            .collect();
        let _ = stream.write_all(&[&*flood, b"\x88\x02\x03\xe8"].concat());
        await_close(stream);
    });
    let shown = Terminal::start(&["connect", &uri]).finish(0);
    let numbers = shown.split("< ").skip(1).map(|text| text[..4].to_owned());
    assert!(numbers.eq((0..2000).map(|n| format!("{n:04}"))), "{shown:?}");
}

#[test]
fn lines_are_edited_and_remembered() {
    let server = Server::start(&[]);
    let mut terminal = talk_to(&server);
    // Home, an insertion, and the end of the line.
    terminal.press("ello\x1b[Hh\r");
    terminal.wait_for(&["> hello", "< hello", ">"]);
    terminal.press("\x1b[A!\r");
    terminal.wait_for(&["> hello!", "< hello!", ">"]);
    terminal.press("\x04");
    terminal.finish(0);
}

#[test]
fn a_message_may_have_several_lines() {
    let server = Server::start(&[]);
    let mut terminal = talk_to(&server);
    terminal.press("one\\\rtwo\r");
    terminal.wait_for(&["two", "< one\\ntwo", ">"]);
    terminal.press("\x04");
    terminal.finish(0);
}

#[test]
fn commands_begin_with_a_slash() {
    let server = Server::start(&[]);
    let mut terminal = talk_to(&server);
    terminal.press("/ping\r");
    terminal.wait_for(&["> /ping", "sockeye: a ping took …", ">"]);
    terminal.press("//join\r");
    terminal.wait_for(&["< /join", ">"]);
    terminal.press("/clsoe\r");
    let mistake = "there is no command /clsoe (/help lists them; //clsoe sends /clsoe)";
    terminal.wait_for(&["> /clsoe", mistake, ">"]);
    terminal.press("/help\r");
    terminal.wait_for(&[
        "Ctrl-D closes the connection, Ctrl-R searches the history, and the arrow keys edit the line.",
        ">",
    ]);
    terminal.press("/close 4000 bye\r");
    let shown = terminal.finish(0);
    assert!(shown.contains("4000: bye"), "{shown}");
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_has_the_same_commands() {
    let server = Server::start(&[]);
    let mut terminal = Terminal::of_kind("dumb", &["connect", &server.uri]);
    terminal.wait_for(&[&greeting(&server.uri)]);
    terminal.press("//join\r");
    terminal.wait_for(&["//join", "< /join"]);
    terminal.press("/ping\r");
    terminal.wait_for(&["/ping", "sockeye: a ping took …"]);
    terminal.press("/help\r");
    terminal.wait_for(&["Ctrl-D closes the connection, …"]);
    terminal.press("\x04");
    terminal.finish(0);
}

#[test]
fn the_keys_for_the_end_of_input_and_for_an_interrupt_close_the_connection() {
    let server = Server::start(&[]);
    for (key, closed) in [("\x04", "1000 (normal closure)"), ("\x03", "1001 (going away)")] {
        let mut terminal = talk_to(&server);
        terminal.press(key);
        let closed =
            format!("Connection closed: this side sent {closed}; the peer replied {closed}");
        terminal.wait_for(&[">", &closed]);
        terminal.finish(0);
    }
}

#[test]
fn a_second_interrupt_ends_the_command_at_once() {
    // A server that never answers the close frame.
    let (told, wait) = mpsc::channel();
    let uri = server(move |stream| {
        accept(stream);
        await_close(stream);
        let _ = told.send(());
        await_close(stream);
    });
    let mut terminal = Terminal::start(&["connect", &uri, "--close-timeout", "60"]);
    terminal.wait_for(&[&greeting(&uri), ">"]);
    terminal.press("\x03");
    wait.recv().expect("the close frame arrives");
    terminal.press("\x03");
    let shown = terminal.finish(130);
    assert!(shown.rfind("\x1b[?2004l") > shown.rfind("\x1b[?2004h"), "{shown:?}");
}

#[test]
fn a_message_of_the_arguments_is_sent_as_in_a_pipe() {
    let server = Server::start(&[]);
    let terminal = Terminal::start(&["connect", &server.uri, "-x", "hi"]);
    assert_eq!(terminal.finish(0), "hi\r\n");
}

#[test]
fn the_terminal_is_as_it_was_after_the_end() {
    let uri = server(|stream| {
        accept(stream);
        let _ = stream.write_all(b"\x81\x02hi\x88\x02\x03\xe8");
        await_close(stream);
    });
    let command = format!("connect {uri}; stty -a; echo done");
    let mut terminal = Terminal::start(&[&command]);
    terminal.wait_for(&["done"]);
    let lines = terminal.lines();
    let position = |wanted: &str| lines.iter().position(|line| line == wanted);
    assert_eq!(position("< hi").map(|line| line + 1), position(CLOSED_BY_THE_SERVER), "{lines:#?}");
    let modes = lines.join(" ");
    for mode in [" icanon", " echo ", " isig"] {
        assert!(modes.contains(mode), "{lines:#?}");
    }
    let shown = terminal.finish(0);
    assert!(shown.rfind("\x1b[?2004l") > shown.rfind("\x1b[?2004h"), "{shown:?}");
}

const CLOSED_BY_THE_SERVER: &str = "Connection closed: the peer sent 1000 (normal closure)";
