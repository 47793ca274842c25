//! The example of a blocking client, against a server that blocks as well.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Instant,
};

use sockeye_errors::{Close, ConnectionClosed};
use sockeye_handshake::{Limits, ServerHandshake, ServerOptions, ValidRequest};
use sockeye_protocol::{Config, Connection, Event, Message, Step};

#[path = "../examples/blocking_client.rs"]
#[expect(dead_code, reason = "the example begins at `main`, the tests below it")]
mod blocking_client;

/// What the server does with a message.
type Answer = fn(&mut Connection, Message);

/// Serves one client, and says how that ended.
fn serve(listener: &TcpListener, answer: Answer) -> ConnectionClosed {
    let (mut stream, _) = listener.accept().expect("a client");
    let mut buffer = vec![0; 4096];
    let mut connection = open(&mut stream, &mut buffer);
    loop {
        while let Some(event) = connection.poll_event(Instant::now()) {
            if let Event::Message(message) = event {
                answer(&mut connection, message);
            }
        }
        while let Some(bytes) = connection.poll_transmit() {
            let len = stream.write(bytes).expect("the client reads");
            connection.handle_transmitted(len);
        }
        match connection.step() {
            Step::Done => return connection.outcome().clone(),
            Step::ShutDown => {
                stream.shutdown(Shutdown::Write).expect("the client is there");
                connection.handle_shut_down(Instant::now());
            }
            _ => match stream.read(&mut buffer).expect("the client is there") {
                0 => connection.handle_eof(),
                len => connection.handle_received(&mut buffer[..len]),
            },
        }
    }
}

fn open(stream: &mut TcpStream, buffer: &mut [u8]) -> Connection {
    let mut handshake = ServerHandshake::new(Limits::default());
    loop {
        let len = stream.read(buffer).expect("the client is there");
        let answered = handshake.handle_received(&buffer[..len]).expect("a request");
        if let Some((request, used)) = answered {
            let valid = ValidRequest::from_request(&request, &ServerOptions::default())
                .expect("a good request");
            let response = valid.accept(&[], &http::HeaderMap::new()).expect("nothing is asked");
            stream.write_all(response.as_bytes()).expect("the client is there");
            let mut connection = Connection::server(Config::default());
            connection.handle_received(&mut buffer[used..len]);
            return connection;
        }
    }
}

/// Lets the example talk to a server that answers so.
fn talk(question: &str, answer: Answer) -> (Result<Message, String>, ConnectionClosed) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    let uri = format!("ws://{}/", listener.local_addr().expect("it is bound"));
    thread::scope(|scope| {
        let server = scope.spawn(|| serve(&listener, answer));
        let answer = blocking_client::ask(&uri, question).map_err(|error| error.to_string());
        (answer, server.join().expect("the server ended well"))
    })
}

fn echo(connection: &mut Connection, message: Message) {
    connection.send(message).expect("the connection is open");
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
fn the_blocking_client_is_told_why_there_is_no_answer() {
    let (answer, outcome) = talk("Hello", |connection, _| {
        connection.close(Instant::now(), &Close::new(4000, "go away")).expect("a valid frame");
    });
    assert_eq!(answer, Err("Connection closed: 4000 go away".to_owned()));
    assert_eq!(outcome.rcvd_then_sent, Some(false));
}
