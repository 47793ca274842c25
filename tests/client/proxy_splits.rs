//! The answers of proxies, cut at every byte: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6),
//! [RFC 1928](https://www.rfc-editor.org/rfc/rfc1928).

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use futures_util::future::join_all;
use sockeye::{
    Error,
    connection::Sockets,
    error::{
        HandshakeError, InvalidProxyMessage, InvalidProxyStatus, Operation, ProxyError,
        SecurityError, SocksError, SocksReply,
    },
    rustls::{ServerConfig, ServerConnection, StreamOwned},
};

use sockeye_tests::{
    all_runtimes::{SOON, Scenario, converse, echo, everywhere},
    test_ca::Authority,
    test_servers::{join, listen, read_head},
};

/// The messages of a proxy, and the messages of the client that each of them follows.
#[derive(Clone)]
struct Script {
    scheme: &'static str,
    turns: Vec<(Message, Vec<u8>)>,
    /// The bytes after which it is clear what the answer is.
    decided: usize,
    refusal: Option<ProxyError>,
}

/// A message of the client: all up to an empty line, or so many bytes.
#[derive(Clone, Copy)]
enum Message {
    Head,
    Bytes(usize),
}
use Message::{Bytes, Head};

impl Script {
    fn grant(scheme: &'static str, turns: &[(Message, &[u8])]) -> Self {
        let turns: Vec<_> = turns.iter().map(|(message, says)| (*message, says.to_vec())).collect();
        let decided = turns.iter().map(|(_, says)| says.len()).sum();
        Self { scheme, turns, decided, refusal: None }
    }

    /// The answer is a refusal, which is clear when the last `rest` bytes are still to come.
    fn refuse(
        scheme: &'static str,
        turns: &[(Message, &[u8])],
        rest: usize,
        refusal: impl Into<ProxyError>,
    ) -> Self {
        let all = Self::grant(scheme, turns);
        Self { decided: all.decided - rest, refusal: Some(refusal.into()), ..all }
    }

    fn len(&self) -> usize {
        self.turns.iter().map(|(_, says)| says.len()).sum()
    }

    /// Listens to the client and says the first `limit` bytes, in pieces of `step`.
    fn play(&self, stream: &mut (impl Read + Write), limit: usize, step: usize) -> io::Result<()> {
        let mut left = limit;
        for (message, says) in &self.turns {
            match message {
                Head => drop(read_head(stream)?),
                Bytes(len) => stream.read_exact(&mut vec![0; *len])?,
            }
            for piece in says[..left.min(says.len())].chunks(step) {
                stream.write_all(piece)?;
                stream.flush()?;
            }
            if left < says.len() {
                break;
            }
            left -= says.len();
        }
        Ok(())
    }
}

/// The target; it takes 21 bytes in SOCKS 4, and 18 bytes in SOCKS 5.
const TARGET: &str = "ws://example.com/";
const V4A: Message = Bytes(8 + 1 + 12);
const GREETING: Message = Bytes(3);
const GREETING_WITH_PASSWORD: Message = Bytes(4);
const PASSWORD: Message = Bytes(1 + 3 + 3);
const V5: Message = Bytes(4 + 1 + 11 + 2);

fn grants() -> Vec<Script> {
    let address = b"\x05\0\0\x01\x7f\0\0\x01\0\x50";
    let name = b"\x05\0\0\x03\x05proxy\0\x50";
    let address_6 = [b"\x05\0\0\x04", &[0; 18][..]].concat();
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n";
    let interim = format!("{interim}HTTP/1.1 200 Connection established\r\nVia: 1.1 a\r\n\r\n");
    vec![
        Script::grant("http://", &[(Head, b"HTTP/1.1 200 OK\r\n\r\n")]),
        Script::grant("http://me:pw@", &[(Head, b"HTTP/1.0 204\r\nContent-Length: 5\r\n\r\n")]),
        Script::grant("http://", &[(Head, interim.as_bytes())]),
        Script::grant("socks4a://", &[(V4A, b"\0\x5a\0\0\0\0\0\0")]),
        Script::grant("socks5h://", &[(GREETING, b"\x05\0"), (V5, address)]),
        Script::grant("socks5h://", &[(GREETING, b"\x05\0"), (V5, name)]),
        Script::grant("socks5h://", &[(GREETING, b"\x05\0"), (V5, &address_6)]),
        Script::grant(
            "socks5h://me:pw@",
            &[(GREETING_WITH_PASSWORD, b"\x05\x02"), (PASSWORD, b"\x01\0"), (V5, address)],
        ),
        Script::grant("socks5h://me:pw@", &[(GREETING_WITH_PASSWORD, b"\x05\0"), (V5, address)]),
    ]
}

fn refusals() -> Vec<Script> {
    let http = |answer: &str, rest, refusal: ProxyError| {
        Script::refuse("http://", &[(Head, answer.as_bytes())], rest, refusal)
    };
    let status = |code, reason: &str| InvalidProxyStatus::new(code, reason).into();
    let v4 = |answer: &[u8], refusal: ProxyError| {
        Script::refuse("socks4a://", &[(V4A, answer)], 0, refusal)
    };
    let v5 = |answer: &[u8], rest, refusal: ProxyError| {
        Script::refuse("socks5h://", &[(GREETING, b"\x05\0"), (V5, answer)], rest, refusal)
    };
    let socks = |reply| SocksError::new(reply).into();
    let mut all = vec![
        http("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\nno", 2, status(407, "Who?")),
        http("HTTP/1.1 302 Found\r\nLocation: ws://a/\r\n\r\n", 0, status(302, "Found")),
        http("HTTP/1.1 100 a\r\n\r\nHTTP/1.1 503\r\n\r\nbody", 4, status(503, "")),
        http("HTTP/1.1 101 Switching\r\n\r\n", 0, status(101, "Switching")),
        http("SSH-2.0-x\r\n", 10, malformed("the response is not HTTP/1")),
        http("HTTP/2 200\r\n\r\n", 8, malformed("the response is not HTTP/1")),
        http("HTTP/1.1 099 Low\r\n\r\n", 2, malformed("invalid status line")),
        http("HTTP/1.1 OK\r\n\r\n", 2, malformed("invalid status line")),
        http(
            "HTTP/1.1 200 OK\r\na b\r\n\r\n",
            0,
            malformed("white space follows the name of a header"),
        ),
        v4(b"\0\x5b\0\0\0\0\0\0", socks(SocksReply::V4(91))),
        v4(b"\0\x5d\0\0\0\0\0\0", socks(SocksReply::V4(93))),
        v4(b"\0\x59\0\0\0\0\0\0", malformed("unknown reply code")),
        v4(b"HTTP/1.1", malformed("the reply is of another version of SOCKS")),
        Script::refuse(
            "socks5h://",
            &[(GREETING, b"\x05\xff")],
            0,
            SocksError::new(SocksReply::NoAcceptableMethod),
        ),
        Script::refuse(
            "socks5h://",
            &[(GREETING, b"HTTP/1.1 400 Bad Request\r\n\r\n")],
            26,
            malformed("the reply is of another version of SOCKS"),
        ),
        Script::refuse(
            "socks5h://me:pw@",
            &[(GREETING_WITH_PASSWORD, b"\x05\x02"), (PASSWORD, b"\x01\x01")],
            0,
            SocksError::new(SocksReply::Authentication),
        ),
        v5(b"\x05\0\0\x7f\0\0\0\0\0\0", 6, malformed("unknown type of address")),
        v5(
            b"\x05\x09\0\x01\0\0\0\0\0\0",
            6,
            malformed("unknown method of authentication, or unknown reply code"),
        ),
    ];
    for code in 1..=8 {
        let answer = [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
        all.push(v5(&answer, 6, socks(SocksReply::V5(code))));
    }
    all
}

/// How a proxy goes on when it has said what it says.
#[derive(Clone, Copy)]
enum End {
    Close,
    Stall,
}

/// A proxy that says `first` bytes to its first client, and to each one byte more than to the one before; and how many
/// bytes each client sent that it was not asked for.
fn cutting(script: &Script, first: usize, end: End) -> (u16, Receiver<usize>) {
    let (counts, received) = channel();
    let counts = Mutex::new(counts);
    let limit = AtomicUsize::new(first);
    let script = script.clone();
    let port = listen(move |mut stream| {
        let limit = limit.fetch_add(1, Ordering::SeqCst);
        let said = script.play(&mut stream, limit, usize::MAX);
        if let End::Close = end {
            let _ = stream.shutdown(Shutdown::Write);
        }
        // A client that did not read all may end with a reset.
        let (mut count, mut buffer) = (0, [0; 1024]);
        while let Ok(len @ 1..) = stream.read(&mut buffer) {
            count += len;
        }
        let _ = counts.lock().expect("nobody panicked").send(count);
        said
    });
    (port, received)
}

async fn ask<R: Sockets>(script: &Script, port: u16, timeout: Duration) -> Error {
    let connect = sockeye::client::connect::<R, _>(TARGET).open_timeout(timeout);
    let proxy = format!("{}127.0.0.1:{port}", script.scheme);
    connect.proxy(proxy).await.map(drop).expect_err("nobody says yes")
}

/// Which failure of the proxy it is.
fn failure(error: Error) -> ProxyError {
    let Error::Handshake(HandshakeError::Proxy(error)) = error else { panic!("{error:?}") };
    error
}

#[derive(Clone)]
struct Closed;

impl Scenario for Closed {
    async fn run<R: Sockets>(self) {
        for script in grants().into_iter().chain(refusals()) {
            let (port, counts) = cutting(&script, 0, End::Close);
            // A grant that is whole is none of our cases.
            let all = script.len() + usize::from(script.refusal.is_some());
            for said in 0..all {
                let error = failure(ask::<R>(&script, port, SOON).await);
                let cut = InvalidProxyMessage::truncated().into();
                let expected = script.refusal.clone().filter(|_| said >= script.decided);
                let place = format!(
                    "{} {:?} after {said}",
                    script.scheme,
                    script.turns.last().map(|(_, says)| says)
                );
                assert_eq!(error, expected.unwrap_or(cut), "{place}");
                assert_eq!(counts.recv_timeout(SOON), Ok(0), "{place}");
            }
        }
    }
}

#[test]
fn an_answer_that_ends_at_any_byte_is_cut_off_or_clear() {
    everywhere(Closed);
}

#[derive(Clone)]
struct Stalled;

impl Scenario for Stalled {
    async fn run<R: Sockets>(self) {
        let scripts: Vec<Script> = grants().into_iter().chain(refusals()).collect();
        let mut attempts = Vec::new();
        for script in &scripts {
            let (port, _) = cutting(script, 0, End::Stall);
            // They are all under way at the same time, so that they wait for one timeout in all.
            let attempt = move || ask::<R>(script, port, Duration::from_secs(2));
            attempts.extend((0..script.decided).map(|_| attempt()));
        }
        for error in join_all(attempts).await {
            let Error::Timeout(timeout) = error else { panic!("{error:?}") };
            assert_eq!(timeout.operation, Operation::Proxy);
        }
        // The client does not wait for the rest of a response once it is decided.
        for script in scripts {
            let Some(refusal) = &script.refusal else { continue };
            let (port, counts) = cutting(&script, script.decided, End::Stall);
            for _ in script.decided..=script.len() {
                let error = failure(ask::<R>(&script, port, SOON).await);
                assert_eq!(error, *refusal);
                assert_eq!(counts.recv_timeout(SOON), Ok(0), "{refusal:?}");
            }
        }
    }
}

#[test]
fn an_answer_that_stalls_at_any_byte_is_a_timeout_or_clear() {
    everywhere(Stalled);
}

#[derive(Clone)]
struct Dribbled;

impl Scenario for Dribbled {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let target = server.local_addr();
        for script in grants() {
            let proxy = script.scheme;
            let port = listen(move |mut stream| {
                stream.set_nodelay(true)?;
                script.play(&mut stream, usize::MAX, 1)?;
                join(stream, TcpStream::connect(target)?)
            });
            let connect = sockeye::client::connect::<R, _>(TARGET);
            let ws = connect.proxy(format!("{proxy}127.0.0.1:{port}")).await;
            converse(ws.expect("the proxy says yes")).await;
        }
    }
}

#[test]
fn an_answer_byte_by_byte_is_as_good_as_a_whole_one() {
    everywhere(Dribbled);
}

/// The same inside TLS; the end is that of TLS, or only that of TCP.
fn cutting_inside_tls(script: &Script, config: Arc<ServerConfig>, is_clean: bool) -> u16 {
    let limit = AtomicUsize::new(0);
    let script = script.clone();
    listen(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        script.play(&mut stream, limit.fetch_add(1, Ordering::SeqCst), usize::MAX)?;
        if is_clean {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        stream.sock.shutdown(Shutdown::Write)?;
        io::copy(&mut stream.sock, &mut io::sink()).map(drop)
    })
}

#[derive(Clone)]
struct ClosedInsideTls(Arc<Authority>);

impl Scenario for ClosedInsideTls {
    async fn run<R: Sockets>(self) {
        let script = Script::refuse(
            "https://",
            &[(Head, b"HTTP/1.1 100 a\r\n\r\nHTTP/1.1 407 No\r\nVia: a\r\n\r\n")],
            0,
            InvalidProxyStatus::new(407, "No"),
        );
        for is_clean in [true, false] {
            let port = cutting_inside_tls(&script, self.0.server(), is_clean);
            for said in 0..=script.len() {
                let connect = sockeye::client::connect::<R, _>(TARGET).proxy_tls(self.0.client());
                let error = connect.proxy(format!("https://127.0.0.1:{port}")).await.map(drop);
                let error = failure(error.expect_err("nobody says yes"));
                let cut = InvalidProxyMessage::truncated().into();
                let expected = script.refusal.clone().filter(|_| said >= script.decided);
                assert_eq!(error, expected.unwrap_or(cut), "after {said}, {is_clean}");
            }
        }
    }
}

#[test]
fn an_answer_inside_tls_that_ends_at_any_byte_is_cut_off_or_clear() {
    everywhere(ClosedInsideTls(Arc::new(Authority::new())));
}

#[derive(Clone)]
struct Endless;

impl Scenario for Endless {
    async fn run<R: Sockets>(self) {
        for (start, again, expected) in [
            ("HTTP/1.1 200 ", "OK", over(SecurityError::StatusLineTooLong { max: 8192 })),
            ("HTTP/1.1 200 OK\r\na: ", "a", over(SecurityError::HeaderLineTooLong { max: 8192 })),
            ("HTTP/1.1 200 OK\r\n", "a: b\r\n", over(SecurityError::TooManyHeaders { max: 100 })),
            ("", "HTTP/1.1 100 Continue\r\n\r\n", malformed("more than 8 interim responses")),
            ("HTTP/1.1 407 No\r\n\r\n", "body", InvalidProxyStatus::new(407, "No").into()),
        ] {
            let port = listen(move |mut stream| {
                read_head(&mut stream)?;
                stream.write_all(start.as_bytes())?;
                loop {
                    stream.write_all(again.as_bytes())?;
                }
            });
            let connect = sockeye::client::connect::<R, _>(TARGET);
            let error = connect.proxy(format!("http://127.0.0.1:{port}")).await.map(drop);
            assert_eq!(failure(error.expect_err("it has no end")), expected, "{start}{again}");
        }
    }
}

#[test]
fn an_answer_without_an_end_is_given_up_at_its_limits() {
    everywhere(Endless);
}

fn over(limit: SecurityError) -> ProxyError {
    InvalidProxyMessage::from(limit).into()
}

fn malformed(problem: &str) -> ProxyError {
    InvalidProxyMessage::malformed(problem).into()
}
