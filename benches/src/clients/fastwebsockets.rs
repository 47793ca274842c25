//! fastwebsockets: one write for each message, as its interface has it; unconstrained as its server is.

use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};
use tokio::net::TcpStream;
use tokio::task::unconstrained;

use super::{check, each_upgraded};
use crate::peers::{LIMIT, Outcome, Peer, Talk};

pub const PEER: Peer = Peer::talking("fastwebsockets", "fastwebsockets", |talk| {
    each_upgraded(talk, |talk, stream| unconstrained(converse(talk, stream)))
});

async fn converse(talk: Talk, stream: TcpStream) -> Outcome {
    let mut socket = WebSocket::after_handshake(stream, Role::Client);
    socket.set_max_message_size(LIMIT + 1);
    let mut socket = FragmentCollector::new(socket);
    let payload = talk.content.bytes(talk.size);
    let opcode = if talk.content.is_text() { OpCode::Text } else { OpCode::Binary };
    loop {
        for _ in 0..talk.window {
            let payload = Payload::Borrowed(&payload);
            socket.write_frame(Frame::new(true, opcode, None, payload)).await?;
        }
        for _ in 0..talk.window {
            check(&talk, socket.read_frame().await?.payload.len())?;
        }
    }
}
