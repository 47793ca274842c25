//! An HTTP proxy inside TLS that reports its requests.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use sockeye::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::test_servers::{listen, read_head};

/// Accepts each CONNECT, copies bytes in both directions, and reports the requests.
pub fn https_proxy(config: Arc<ServerConfig>) -> (u16, Receiver<String>) {
    let (heads, received) = channel();
    let heads = Mutex::new(heads);
    let port = listen(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut near = StreamOwned::new(session, stream);
        let head = read_head(&mut near)?;
        let target = head.split(' ').nth(1).expect("a request line");
        let far = TcpStream::connect(target.replace("localhost", "127.0.0.1"))?;
        let _ = heads.lock().expect("nobody panicked").send(head);
        near.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
        near.flush()?;
        carry(near, far)
    });
    (port, received)
}

type Secure = StreamOwned<ServerConnection, TcpStream>;

/// Carries bytes in turns, until either end is there.
fn carry(mut near: Secure, mut far: TcpStream) -> io::Result<()> {
    for socket in [&near.sock, &far] {
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
    }
    let mut buffer = [0; 16 << 10];
    loop {
        if let Some(len) = some(near.read(&mut buffer))? {
            far.write_all(&buffer[..len])?;
        }
        if let Some(len) = some(far.read(&mut buffer))? {
            near.write_all(&buffer[..len])?;
            near.flush()?;
        }
    }
}

/// How much was read, if there was something in time; the end is an error.
fn some(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(len) => Ok(Some(len)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
