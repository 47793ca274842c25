//! TLS that ends before its time ([RFC 8446 §6.1](https://www.rfc-editor.org/rfc/rfc8446#section-6.1)), or is none.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use sockeye::{
    CloseCode, Error,
    connection::Sockets,
    error::HandshakeError,
    rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned},
};

use sockeye_tests::{
    all_runtimes::{SOON, Scenario, converse, echo, everywhere, uri},
    test_ca::Authority,
    test_servers::{aside, listen, read_head},
};

use crate::tls::sockeye_answer;

/// Returns the first flight of a client.
fn client_hello(config: &Arc<ClientConfig>) -> Vec<u8> {
    let name = "localhost".try_into().expect("a name");
    let mut session = ClientConnection::new(Arc::clone(config), name).expect("it makes sense");
    let mut hello = Vec::new();
    session.write_tls(&mut hello).expect("there is room");
    hello
}

/// A client in TLS whose handshake is done, up to the answer to its request.
fn open_session(port: u16, config: Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(SOON)).expect("a socket has timeouts");
    let name = "localhost".try_into().expect("a name");
    let session = ClientConnection::new(config, name).expect("it makes sense");
    let mut tls = StreamOwned::new(session, stream);
    tls.write_all(REQUEST).and_then(|()| read_head(&mut tls)).expect("it is answered");
    tls
}

/// Says so to a server, and nothing more; returns what it answered until it closed the connection.
fn say(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(SOON)).expect("a socket has timeouts");
    stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write)).expect("it is open");
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => answer,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => answer,
        Err(error) => panic!("the server does not end the connection: {error}"),
    }
}

/// RFC 8446 §5.1, §4: a record with the beginning of a message that is longer than any.
fn endless_message() -> Vec<u8> {
    let mut bytes = Vec::new();
    for begin in [&[1, 1, 0x11, 0x70][..], &[], &[], &[], &[]] {
        let mut record = begin.to_vec();
        record.resize(16 << 10, 0);
        bytes.extend([22, 3, 3, 0x40, 0]);
        bytes.extend(record);
    }
    bytes
}

/// RFC 8446 §6.1: the leave that is taken in time, and is none here.
const CLOSE_NOTIFY: [u8; 7] = [21, 3, 3, 0, 2, 1, 0];

#[derive(Clone)]
struct ToServer(Arc<Authority>);

impl Scenario for ToServer {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().tls(self.0.server()).await.expect("it listens");
        let port = server.local_addr().port();
        let hello = client_hello(&self.0.client());
        aside::<R, _>(move || {
            for cut in 0..hello.len() {
                assert_eq!(say(port, &hello[..cut]), b"", "after {cut} bytes");
                if cut % 32 == 0 {
                    say(port, &[&hello[..cut], &CLOSE_NOTIFY].concat());
                }
            }
            // This much the server understands, and answers.
            assert_eq!(say(port, &hello)[0], 22);
            assert_eq!(say(port, &[&hello, &CLOSE_NOTIFY[..]].concat())[0], 22);
            assert_ne!(say(port, &endless_message()).first(), Some(&22));
        })
        .await;
        // A client that sends single bytes is understood.
        let config = self.0.client();
        let answer = aside::<R, _>(move || {
            let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            stream.set_read_timeout(Some(SOON)).expect("a socket has timeouts");
            let name = "localhost".try_into().expect("a name");
            let session = ClientConnection::new(config, name).expect("it makes sense");
            let mut tls = StreamOwned::new(session, Dribble(stream));
            tls.write_all(REQUEST).and_then(|()| read_head(&mut tls)).expect("it is answered")
        });
        let answer = answer.await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        // The server still serves other clients.
        let ws = sockeye::client::connect::<R, _>(uri("wss", &server)).tls(self.0.client()).await;
        converse(ws.expect("the server lives")).await;
    }
}

/// Writes one byte at a time.
struct Dribble(TcpStream);

impl Read for Dribble {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Dribble {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.set_nodelay(true)?;
        self.0.write(&buf[..buf.len().min(1)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn a_client_that_ends_its_handshake_anywhere_is_let_go_and_harms_nobody() {
    everywhere(ToServer(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct ToClient(Arc<Authority>);

impl Scenario for ToClient {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().tls(self.0.server()).await.expect("it listens");
        let target = server.local_addr().port();
        let connect = |port: u16| {
            sockeye::client::connect::<R, _>(format!("wss://localhost:{port}/"))
                .tls(self.0.client())
        };
        // How many bytes there are until the connection is open: the rest is up to the WebSocket.
        let count = Arc::new(AtomicUsize::new(0));
        let ws = connect(cutting(target, usize::MAX, Arc::clone(&count))).await;
        let ws = ws.expect("nothing is cut");
        let len = count.load(Ordering::SeqCst);
        drop(ws);
        assert!(len > 500, "{len}");
        // A step that is prime to the lengths of records meets all of their parts sooner or later.
        for cut in (0..len).step_by(37) {
            let error = connect(cutting(target, cut, Arc::default())).await.map(drop);
            let error = error.expect_err("the handshake is cut");
            match &error {
                Error::Io(_) => {}
                Error::Handshake(HandshakeError::InvalidMessage(message)) => {
                    assert!(message.is_truncated(), "{cut} of {len}: {error:?}");
                }
                _ => panic!("{cut} of {len}: {error:?}"),
            }
            assert!(error.is_retryable(), "{cut} of {len}: {error:?}");
        }
        for answer in [&CLOSE_NOTIFY[..], &endless_message()] {
            let answer = answer.to_vec();
            let port = listen(move |mut stream| {
                stream.write_all(&answer)?;
                stream.shutdown(Shutdown::Write)?;
                io::copy(&mut stream, &mut io::sink()).map(drop)
            });
            let error = connect(port).await.map(drop);
            assert!(matches!(error, Err(Error::Io(_))), "{error:?}");
        }
    }
}

/// Carries bytes to `port`, and no more than `cut` back; counts them.
fn cutting(port: u16, cut: usize, count: Arc<AtomicUsize>) -> u16 {
    listen(move |mut near| {
        let mut far = TcpStream::connect(("127.0.0.1", port))?;
        let (mut from, mut to) = (near.try_clone()?, far.try_clone()?);
        let forth = thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let mut buffer = [0; 4096];
        let mut left = cut;
        while left > 0 {
            let most = left.min(buffer.len());
            let len = far.read(&mut buffer[..most])?;
            if len == 0 {
                break;
            }
            count.fetch_add(len, Ordering::SeqCst);
            near.write_all(&buffer[..len])?;
            left -= len;
        }
        near.shutdown(Shutdown::Both)?;
        far.shutdown(Shutdown::Both)?;
        let _ = forth.join();
        Ok(())
    })
}

#[test]
fn a_handshake_that_is_cut_anywhere_is_an_end_and_no_hang() {
    everywhere(ToClient(Arc::new(Authority::new())));
}

/// §5.5.1: a close frame with 1000, of a server.
const CLOSE: [u8; 4] = [0x88, 2, 3, 0xe8];

/// The same of a client, with a mask of zeros.
const MASKED_CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 3, 0xe8];

/// Opens a connection, exchanges close frames, of which the first is the server's or the client's, and drops the stream.
fn curt(config: Arc<ServerConfig>, is_first: bool) -> u16 {
    listen(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(session, stream);
        let request = read_head(&mut tls)?;
        tls.write_all(sockeye_answer(&request).as_bytes())?;
        let mut frame = [0; 8];
        if is_first {
            tls.write_all(&CLOSE)?;
            tls.flush()?;
            tls.read_exact(&mut frame)
        } else {
            tls.read_exact(&mut frame)?;
            tls.write_all(&CLOSE)?;
            tls.flush()
        }
    })
}

#[derive(Clone)]
struct CurtServer(Arc<Authority>);

impl Scenario for CurtServer {
    async fn run<R: Sockets>(self) {
        let connect = |is_first| {
            let port = curt(self.0.server(), is_first);
            sockeye::client::connect::<R, _>(format!("wss://localhost:{port}/"))
                .tls(self.0.client())
        };
        let mut ws = connect(false).await.expect("the handshake is right");
        ws.close().await.expect("the closing handshake is complete");
        let mut ws = connect(true).await.expect("the handshake is right");
        let Err(Error::ConnectionClosed(closed)) = ws.recv().await else { panic!("it is closed") };
        assert!(closed.is_ok(), "{closed:?}");
        assert_eq!(closed.code(), Some(CloseCode::NORMAL));
    }
}

#[test]
fn close_frames_are_leave_enough_without_close_notify() {
    everywhere(CurtServer(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct CurtClient(Arc<Authority>);

impl Scenario for CurtClient {
    async fn run<R: Sockets>(self) {
        for closes in [true, false] {
            let (ends, ended) = std::sync::mpsc::channel();
            let handler = move |mut ws: sockeye::connection::WebSocket<R::Stream, R>| {
                let ends = ends.clone();
                async move {
                    let _ = ends.send(ws.next().await);
                    Ok(())
                }
            };
            let server =
                sockeye::server::serve::<R, _, _>("127.0.0.1:0", handler).tls(self.0.server());
            let server = server.await.expect("it listens");
            let (port, config) = (server.local_addr().port(), self.0.client());
            aside::<R, _>(move || {
                let mut tls = open_session(port, config);
                if closes {
                    tls.write_all(&MASKED_CLOSE).expect("it is open");
                    let mut frame = [0; 4];
                    tls.read_exact(&mut frame).expect("it is answered");
                    assert_eq!(frame, CLOSE);
                }
            })
            .await;
            let end = aside::<R, _>(move || ended.recv_timeout(SOON)).await.expect("it ended");
            match end {
                Ok(None) => assert!(closes, "there was no close frame"),
                Err(error) => {
                    assert!(!closes, "{error:?}");
                    assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL), "{error:?}");
                }
                Ok(Some(message)) => panic!("{message:?}"),
            }
        }
    }
}

#[test]
fn a_client_that_drops_its_stream_has_left_if_it_closed_before() {
    everywhere(CurtClient(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct HastyClient {
    authority: Arc<Authority>,
    /// Whether the end of TLS comes by itself.
    apart: bool,
}

impl Scenario for HastyClient {
    async fn run<R: Sockets>(self) {
        let (steps, step) = std::sync::mpsc::channel();
        let handler = move |mut ws: sockeye::connection::WebSocket<R::Stream, R>| {
            let steps = steps.clone();
            async move {
                ws.send(vec![0; MUCH]).await?;
                let _ = steps.send("it is on its way");
                while ws.next().await?.is_some() {}
                // The end of the transport, without which the socket could be reset.
                ws.close().await?;
                drop(ws.into_inner());
                let _ = steps.send("it is over");
                Ok(())
            }
        };
        let server =
            sockeye::server::serve::<R, _, _>("127.0.0.1:0", handler).tls(self.authority.server());
        let server = server.await.expect("it listens");
        let (port, config) = (server.local_addr().port(), self.authority.client());
        let received = aside::<R, _>(move || {
            let mut tls = open_session(port, config);
            step.recv_timeout(SOON).expect("it fits the buffers of the system");
            // A message, the close frame and the end of TLS in one write, of which the first read takes all but the last bytes:
            // it is one of 4096.
            let mut record = [&[0x82, 0xfe][..], &4052_u16.to_be_bytes(), &[0; 4 + 4052]].concat();
            record.extend(MASKED_CLOSE);
            tls.conn.writer().write_all(&record).expect("there is room");
            let mut bytes = Vec::new();
            tls.conn.write_tls(&mut bytes).expect("there is room");
            assert_eq!(bytes.len(), 4090);
            tls.conn.send_close_notify();
            tls.conn.write_tls(&mut bytes).expect("there is room");
            assert!(bytes.len() > 4096, "{}", bytes.len());
            let (first, second) = bytes.split_at(if self.apart { 4090 } else { bytes.len() });
            tls.sock
                .write_all(first)
                .and_then(|()| tls.sock.write_all(second))
                .expect("it is open");
            step.recv_timeout(SOON).expect("the closing handshake is complete");
            let mut received = Vec::new();
            tls.read_to_end(&mut received).map(|_| received)
        });
        let received = received.await.expect("nothing was reset");
        assert_eq!(received.len(), 10 + MUCH + CLOSE.len());
        assert!(received.ends_with(&CLOSE));
    }
}

/// More than the buffer of one unread socket holds, and less than the buffers of two hold.
const MUCH: usize = 400_000;

#[test]
fn what_was_sent_arrives_though_the_goodbye_came_with_the_end_of_tls() {
    everywhere(HastyClient { authority: Arc::new(Authority::new()), apart: false });
}

#[test]
fn what_was_sent_arrives_though_the_end_of_tls_came_behind_the_goodbye() {
    everywhere(HastyClient { authority: Arc::new(Authority::new()), apart: true });
}
