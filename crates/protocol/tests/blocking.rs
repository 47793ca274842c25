//! The blocking client of the examples, with a blocking server.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Instant,
};

use sockeye_errors::{Close, ConnectionClosed};
use sockeye_handshake::{Limits, ServerHandshake, ServerOptions, ValidRequest};
use sockeye_protocol::{Config, Message, Receiver, Role, Sender};

#[path = "../examples/blocking_client.rs"]
#[expect(dead_code, reason = "the example begins at `main`, the tests below it")]
mod blocking_client;

use blocking_client::Socket;

/// The reaction of the server to a message.
type Answer = fn(&mut Sender, Message);

/// Serves one client; returns how the connection closed.
fn serve(listener: &TcpListener, answer: Answer) -> ConnectionClosed {
    let (stream, _) = listener.accept().expect("a client connects");
    let mut socket = open(stream);
    while let Some(message) = socket.recv() {
        answer(&mut socket.sender, message);
    }
    socket.sender.outcome().clone()
}

fn open(mut stream: TcpStream) -> Socket {
    let mut handshake = ServerHandshake::new(Limits::default());
    let mut buffer = vec![0; 4096];
    loop {
        let len = stream.read(&mut buffer).expect("the client is connected");
        let received = handshake.handle_received(&buffer[..len]).expect("a request");
        if let Some((request, used)) = received {
            let valid = ValidRequest::from_request(&request, &ServerOptions::default())
                .expect("a valid request");
            let response = valid.accept(&[], &http::HeaderMap::new()).expect("nothing is asked");
            stream
                .write_all(response.as_bytes().unwrap_or_default())
                .expect("the client is connected");
            let config = Arc::new(Config::default());
            let receiver = Receiver::new(Role::Server, Arc::clone(&config));
            return Socket::new(stream, Sender::server(config), receiver, &mut buffer[used..len]);
        }
    }
}

/// Runs the example against a server with this reaction.
fn talk(question: &str, answer: Answer) -> (Result<Message, String>, ConnectionClosed) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface exists");
    let uri = format!("ws://{}/", listener.local_addr().expect("it is bound"));
    thread::scope(|scope| {
        let server = scope.spawn(|| serve(&listener, answer));
        let answer = blocking_client::ask(&uri, question).map_err(|error| error.to_string());
        (answer, server.join().expect("the server does not panic"))
    })
}

fn echo(sender: &mut Sender, message: Message) {
    sender.send(message).expect("the connection is open");
}

#[test]
fn the_blocking_client_gets_its_answer_and_closes() {
    for question in ["", "Grüße", &"long ".repeat(100_000)] {
        let (answer, outcome) = talk(question, echo);
        assert_eq!(answer, Ok(Message::from(question)));
        assert!(outcome.is_ok() && outcome.cause.is_none(), "{outcome:?}");
        assert_eq!(outcome.rcvd, Some(Close::new(1000, "")));
    }
}

#[test]
fn the_blocking_client_reports_why_there_is_no_answer() {
    let (answer, outcome) = talk("Hello", |sender, _| {
        sender.close(Instant::now(), &Close::new(4000, "go away")).expect("a valid frame");
    });
    assert_eq!(answer, Err("Connection closed: 4000 go away".to_owned()));
    assert_eq!(outcome.rcvd_then_sent, Some(false));
}
