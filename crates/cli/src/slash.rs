//! The commands that a person can type instead of a message.

use sockeye::{Close, CloseCode};

use crate::{
    closing::{close_code, close_reason},
    input::Action,
};

/// A line of the terminal.
#[derive(Debug)]
pub(crate) enum Line {
    Action(Action),
    Help,
}

/// Parses a line: a command after `/`, or else a message. `//` begins a message with one slash.
pub(crate) fn parse(line: String) -> Result<Line, String> {
    let Some(rest) = line.strip_prefix('/') else {
        return Ok(Line::Action(Action::Send(line.into())));
    };
    if rest.starts_with('/') {
        return Ok(Line::Action(Action::Send(rest.into())));
    }
    let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    let argument = argument.trim();
    match command {
        "help" | "?" => Ok(Line::Help),
        "ping" if argument.len() <= MAX_PING => Ok(Line::Action(Action::Ping(argument.to_owned()))),
        "ping" => Err(format!("the text of a ping has at most {MAX_PING} bytes")),
        "close" => Ok(Line::Action(Action::Close(parse_close(argument)?))),
        _ => Err(format!(
            "there is no command /{command} (/help lists them; //{rest} sends /{rest})"
        )),
    }
}

fn parse_close(argument: &str) -> Result<Close, String> {
    let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
    let code = if code.is_empty() { CloseCode::NORMAL } else { close_code(code)? };
    Ok(Close::new(code, close_reason(reason.trim())?))
}

/// The description of the commands and keys.
pub(crate) const HELP: &str = "\
Each line is sent as a text message. A line that ends with \\ continues on the next line.
  /ping [TEXT]           send a ping, and print the time until its pong arrives
  /close [CODE [REASON]] close the connection, with code 1000 by default
  /help                  print this text
  //TEXT                 send a message that begins with a slash
Ctrl-D closes the connection, Ctrl-R searches the history, and the arrow keys edit the line.
";

/// §5.5: a control frame carries at most 125 bytes.
const MAX_PING: usize = 125;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> String {
        match parse(line.to_owned()) {
            Ok(Line::Action(Action::Send(message))) => {
                message.as_text().expect("it is text").to_owned()
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_line_without_a_slash_is_a_message() {
        for line in ["", "hello", " /ping", "a/b"] {
            assert_eq!(sent(line), line);
        }
        assert_eq!(sent("//join room"), "/join room");
    }

    #[test]
    fn a_command_has_arguments() {
        assert!(matches!(parse("/help".into()), Ok(Line::Help)));
        for (line, wanted) in [("/ping", ""), ("/ping  a b ", "a b")] {
            let Ok(Line::Action(Action::Ping(text))) = parse(line.into()) else { panic!("{line}") };
            assert_eq!(text, wanted);
        }
        for (line, code, reason) in [
            ("/close", 1000, ""),
            ("/close 4000", 4000, ""),
            ("/close 4000 bye bye", 4000, "bye bye"),
        ] {
            let Ok(Line::Action(Action::Close(close))) = parse(line.into()) else {
                panic!("{line}")
            };
            assert_eq!((close.code.as_u16(), &*close.reason), (code, reason));
        }
    }

    #[test]
    fn a_mistake_in_a_command_is_not_sent() {
        for (line, wanted) in [
            ("/clsoe", "there is no command /clsoe (/help lists them; //clsoe sends /clsoe)"),
            ("/close 1005", "expected a code that may be sent"),
            ("/close bye", "expected a code that may be sent"),
            (&*format!("/ping {}", "x".repeat(126)), "at most 125 bytes"),
            (&*format!("/close 1000 {}", "x".repeat(124)), "at most 123 bytes"),
        ] {
            let error = parse(line.to_owned()).expect_err(line);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
