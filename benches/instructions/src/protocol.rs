//! The protocol without I/O: a server that echoes messages, and a client that sends them.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Instant;

use sockeye::protocol::{Config, Event, Message, Receiver, Role, Sender};
use sockeye_bench_data::frame::{BINARY, FIN, TEXT, append_masked};
use sockeye_bench_data::payload::Content;

use crate::{Case, Outcome};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, shown, times) in SIZES {
        for content in [Content::Ascii, Content::Mixed, Content::Binary] {
            let kind = content.name();
            let run = move |times| echo(content, size, 1, times);
            cases.push(Case::new(format!("protocol/echo/{kind}/{shown}"), times, run));
        }
        let run = move |times| send(size, times);
        cases.push(Case::new(format!("protocol/client-send/binary/{shown}"), times, run));
    }
    for (content, size, shown) in [(Content::Ascii, 16, "16"), (Content::Ascii, 1024, "1k")] {
        let run = move |times| echo(content, size, BURST, times);
        let name = format!("protocol/echo-burst-of-{BURST}/{}/{shown}", content.name());
        cases.push(Case::new(name, 100, run));
    }
    cases
}

/// Echoes `times` bursts, each of which arrives in one read.
fn echo(content: Content, size: usize, burst: usize, times: usize) -> Outcome {
    let opcode = if content.is_text() { TEXT } else { BINARY };
    let mut frames = Vec::new();
    for _ in 0..burst {
        append_masked(FIN | opcode, &content.bytes(size), &mut frames);
    }
    let config = Arc::new(Config::default());
    let mut receiver = Receiver::new(Role::Server, Arc::clone(&config));
    let mut sender = Sender::server(config);
    sender.start(Instant::now());
    let mut read = vec![0; frames.len()];
    for _ in 0..times {
        read.copy_from_slice(&frames);
        sender.handle_received();
        receiver.handle_received(&mut read);
        let mut echoed = 0;
        while let Some(event) = receiver.poll_event() {
            let Event::Message(message) = event else { return Err("not a message".into()) };
            echoed += usize::from(message.len() == size);
            sender.send(message)?;
        }
        if echoed != burst {
            return Err("not all messages were echoed".into());
        }
        transmit(&mut sender);
    }
    Ok(())
}

/// Sends `times` messages, masked.
fn send(size: usize, times: usize) -> Outcome {
    let config = Arc::new(Config::default());
    let mut sender = Sender::client(config, || Ok([0x37, 0xfa, 0x21, 0x3d]));
    sender.start(Instant::now());
    let message = Message::from(Content::Binary.bytes(size));
    for _ in 0..times {
        sender.send(message.clone())?;
        transmit(&mut sender);
    }
    Ok(())
}

/// Writes all pending output, to a transport that accepts everything.
fn transmit(sender: &mut Sender) {
    loop {
        let mut pieces = [IoSlice::new(&[]); 64];
        let count = sender.poll_transmit_vectored(&mut pieces);
        let size = pieces[..count].iter().map(|piece| piece.len()).sum();
        if size == 0 {
            return;
        }
        sender.handle_transmitted(Instant::now, size);
    }
}

const BURST: usize = 32;
const SIZES: [(usize, &str, usize); 3] =
    [(16, "16", 1000), (1024, "1k", 1000), (65_536, "64k", 50)];
