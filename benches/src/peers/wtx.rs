//! wtx: the parts that its documentation names for an echo, which return a payload from the buffer it arrived in.
//!
//! It has one mode: each frame is one write. Its compression is left out, since it resets the context after each message.

use tokio::net::TcpStream;
use wtx::collection::Vector;
use wtx::web_socket::{OpCode, WebSocketAcceptor, WebSocketPayloadOrigin};

use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer = Peer::server("wtx", "wtx", |setup| each_connection(setup, echo));

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = WebSocketAcceptor::default().no_masking(false).accept(stream).await?;
    socket.set_max_payload_len(LIMIT + 1);
    let (mut common, mut reader, mut writer) = socket.split_mut();
    let mut buffer = Vector::new();
    loop {
        let origin = WebSocketPayloadOrigin::Adaptive;
        let mut frame = reader.read_frame(&mut buffer, &mut common, origin).await?;
        match frame.op_code() {
            OpCode::Close => return Ok(()),
            OpCode::Binary | OpCode::Text => writer.write_frame(&mut common, &mut frame).await?,
            _ => {}
        }
        buffer.clear();
    }
}
