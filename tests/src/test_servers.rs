//! Blocking servers of a few lines, each connection in a thread of its own.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use sockeye::{
    connection::Sockets,
    rustls::{ServerConfig, ServerConnection, StreamOwned},
};

use crate::all_runtimes::SOON;

/// Listens on a free port, handles each connection in a thread of its own, and returns the port.
pub fn listen(handle: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    let port = listener.local_addr().expect("it has an address").port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || {
                stream.set_read_timeout(Some(SOON)).and_then(|()| handle(stream))
            });
        }
    });
    port
}

/// Reads the head of a request or a response, up to and including the empty line.
///
/// # Errors
///
/// Returns the error of the stream, also if it ends early, and an error if the head is not UTF-8.
pub fn read_head(stream: &mut (impl Read + ?Sized)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// Answers each request with the same bytes, keeps the connection open until the client closes it, and reports the heads.
pub fn answering(answer: impl Into<String>) -> (u16, Receiver<String>) {
    let answer = answer.into();
    answering_with(move |_, _| answer.clone())
}

/// Like [`answering`], with an answer that depends on the head of the request and the port of the server.
pub fn answering_with(
    answer: impl Fn(&str, u16) -> String + Send + Sync + 'static,
) -> (u16, Receiver<String>) {
    let (heads, received) = channel();
    let heads = Mutex::new(heads);
    let port = listen(move |mut stream| {
        let head = read_head(&mut stream)?;
        let answer = answer(&head, stream.local_addr()?.port());
        let _ = heads.lock().expect("nobody panicked").send(head);
        stream.write_all(answer.as_bytes())?;
        io::copy(&mut stream, &mut io::sink()).map(drop)
    });
    (port, received)
}

/// Speaks TLS and reports for each connection the number of bytes received through it.
pub fn counting(config: Arc<ServerConfig>) -> (u16, Receiver<u64>) {
    let (counts, received) = channel();
    let counts = Mutex::new(counts);
    let port = listen(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(session, stream);
        let (mut count, mut buffer) = (0, [0; 1024]);
        while let Ok(len @ 1..) = tls.read(&mut buffer) {
            count += len as u64;
        }
        let _ = counts.lock().expect("nobody panicked").send(count);
        Ok(())
    });
    (port, received)
}

/// Runs a blocking function in a thread of its own, so that servers on this thread continue.
pub async fn aside<R: Sockets, T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let acting = thread::spawn(act);
    while !acting.is_finished() {
        R::sleep_until(R::now() + Duration::from_millis(1)).await;
    }
    acting.join().expect("nobody panicked")
}

/// Copies bytes between two streams in both directions until both have ended.
///
/// # Errors
///
/// Returns an error if a stream cannot be cloned.
pub fn join(a: TcpStream, b: TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (a.try_clone()?, b.try_clone()?);
    let back = thread::spawn(move || pump(&mut to, &mut from));
    let (mut from, mut to) = (a, b);
    pump(&mut from, &mut to);
    let _ = back.join();
    Ok(())
}

fn pump(from: &mut TcpStream, to: &mut TcpStream) {
    let _ = io::copy(from, to);
    let _ = to.shutdown(Shutdown::Write);
}
