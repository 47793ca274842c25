//! fastwebsockets: one write for each message, unconstrained as its server is; and a buffered stream with one flush per window.

use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};
use tokio::io::BufWriter;
use tokio::net::TcpStream;
use tokio::task::unconstrained;

use super::{check, each_upgraded};
use crate::peers::{ClientLoad, LIMIT, Outcome, Peer};

pub const PEER: Peer = Peer::client("fastwebsockets", "fastwebsockets", |load| {
    each_upgraded(load, |load, stream| unconstrained(run(load, stream)))
});

pub const BATCHED: Peer = Peer::client("fastwebsockets-batched", "fastwebsockets", |load| {
    each_upgraded(load, |load, stream| unconstrained(batched(load, stream)))
})
.second_mode();

async fn run(load: ClientLoad, stream: TcpStream) -> Outcome {
    let mut socket = WebSocket::after_handshake(stream, Role::Client);
    socket.set_max_message_size(LIMIT + 1);
    let mut socket = FragmentCollector::new(socket);
    let (opcode, payload) = message(&load);
    loop {
        for _ in 0..load.window {
            let payload = Payload::Borrowed(&payload);
            socket.write_frame(Frame::new(true, opcode, None, payload)).await?;
        }
        for _ in 0..load.window {
            check(&load, socket.read_frame().await?.payload.len())?;
        }
    }
}

/// Sends a window through a buffered stream. The echoes are not fragmented, so they need no collector.
async fn batched(load: ClientLoad, stream: TcpStream) -> Outcome {
    let stream = BufWriter::with_capacity(64 * 1024, stream);
    let mut socket = WebSocket::after_handshake(stream, Role::Client);
    socket.set_max_message_size(LIMIT + 1);
    let (opcode, payload) = message(&load);
    loop {
        for _ in 0..load.window {
            let payload = Payload::Borrowed(&payload);
            socket.write_frame(Frame::new(true, opcode, None, payload)).await?;
        }
        socket.flush().await?;
        for _ in 0..load.window {
            check(&load, socket.read_frame().await?.payload.len())?;
        }
    }
}

fn message(load: &ClientLoad) -> (OpCode, Vec<u8>) {
    let opcode = if load.content.is_text() { OpCode::Text } else { OpCode::Binary };
    (opcode, load.content.bytes(load.size))
}
