//! The raw client: TCP on tokio without WebSocket, which sends prepared frames.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::each_connection;
use crate::load::workload::Workload;
use crate::peers::{ClientLoad, Outcome, Peer};
use crate::report::RAW;

pub const PEER: Peer = Peer::client(RAW, "tokio", |load| each_connection(load, run));

async fn run(load: ClientLoad, mut stream: TcpStream) -> Outcome {
    let workload = Workload::echo(load.window, load.content, load.size, 1);
    let burst = &workload.bursts[0];
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // Read and write concurrently, since neither side can buffer a whole burst of large messages.
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
