//! The ceiling: TCP on tokio without any WebSocket, which sends the bytes of frames that were built before.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::each_connection;
use crate::peers::{Outcome, Peer, Talk};
use crate::report::RAW;
use crate::script::Script;

pub const PEER: Peer = Peer::talking(RAW, "tokio", |talk| each_connection(talk, converse));

async fn converse(talk: Talk, mut stream: TcpStream) -> Outcome {
    let script = Script::echo(talk.window, talk.content, talk.size, 1);
    let burst = &script.bursts[0];
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // Both at once: neither side buffers a whole burst of big messages.
        let (mut reader, mut writer) = stream.split();
        let read = async {
            let mut left = burst.len();
            while left > 0 {
                match reader.read(&mut buffer).await? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    size => left = left.checked_sub(size).ok_or(std::io::ErrorKind::InvalidData)?,
                }
            }
            Ok(())
        };
        tokio::try_join!(writer.write_all(burst), read)?;
    }
}
