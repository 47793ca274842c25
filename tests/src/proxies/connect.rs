//! HTTP proxies that answer CONNECT.

use std::{
    io::{self, Write},
    net::TcpStream,
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
};

use crate::test_servers::{join, listen, read_head};

/// Runs a proxy that sends `answer` to each CONNECT, copies bytes if it is a success, and reports the requests.
pub fn connect_proxy(answer: &'static str) -> (u16, Receiver<String>) {
    let (heads, received) = channel();
    let heads = Mutex::new(heads);
    let port = listen(move |mut stream| {
        let head = read_head(&mut stream)?;
        let target = target_of(&head);
        let _ = heads.lock().expect("nobody panicked").send(head);
        stream.write_all(answer.as_bytes())?;
        if answer.starts_with("HTTP/1.1 2") || answer.contains("\nHTTP/1.1 2") {
            join(stream, TcpStream::connect(target)?)
        } else {
            io::copy(&mut stream, &mut io::sink()).map(drop)
        }
    });
    (port, received)
}

fn target_of(head: &str) -> String {
    let target = head.split(' ').nth(1).expect("a request line");
    target.replace("localhost", "127.0.0.1")
}
