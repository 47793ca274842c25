#![no_main]
//! Two ends of a connection: all messages arrive at the other end, unchanged and in order, and control frames overtake them.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use sockeye_deflate::DeflateConfig;
use sockeye_errors::Close;
use sockeye_fuzz::Settings;
use sockeye_protocol::{
    Config, Event, Message, MessageKind, Outgoing, Prepared, Receiver, Role, Sender,
};

fuzz_target!(|input: (Option<[Settings; 2]>, u8, u16, Vec<Op<'_>>)| {
    let (compression, high_water, fragment_size, ops) = input;
    let mut pair = Pair::new(compression, high_water, fragment_size);
    for op in ops {
        pair.apply(op);
    }
    pair.finish();
});

#[derive(arbitrary::Arbitrary, Clone, Copy, Debug)]
enum Op<'a> {
    Text { end: End, text: &'a str, compress: Option<bool> },
    Binary { end: End, data: &'a [u8], repeat: u8, compress: Option<bool> },
    Prepared { data: &'a [u8] },
    Begin { end: End, text: bool },
    Fragment { end: End, text: &'a str, cut: u8, last: bool },
    Ping { end: End, payload: [u8; 3] },
    Pong { end: End, payload: [u8; 3] },
    Close { end: End, code: u16, reason: &'a str },
    Transfer { end: End, len: u16, vectored: bool },
    Blocked { end: End },
    Stream { end: End },
    Idle,
}

#[derive(arbitrary::Arbitrary, Clone, Copy, Debug, PartialEq)]
enum End {
    Client,
    Server,
}

struct Pair {
    now: Instant,
    ends: [Endpoint; 2],
}

/// One end: what it sent, and what it got.
struct Endpoint {
    sender: Sender,
    receiver: Receiver,
    streamed: Option<(MessageKind, Vec<u8>)>,
    sent: Vec<(MessageKind, Vec<u8>)>,
    received: Vec<(MessageKind, Vec<u8>)>,
    pings_sent: Vec<Vec<u8>>,
    pings_received: Vec<Vec<u8>>,
    pongs_sent: Vec<Vec<u8>>,
    pongs_received: Vec<Vec<u8>>,
    /// The parts of the message that is received in parts.
    parts: Vec<u8>,
    closed: bool,
}

impl Pair {
    fn new(compression: Option<[Settings; 2]>, high_water: u8, fragment_size: u16) -> Self {
        let now = Instant::now();
        let mut config = Config::default();
        config.write_high_water = usize::from(high_water) * 16;
        config.fragment_size = Some(fragment_size.into());
        let config = Arc::new(config);
        let mut client = Sender::client(config.clone(), || Ok([0x12, 0x34, 0x56, 0x78]));
        let mut server = Sender::server(config.clone());
        let mut receivers =
            [Role::Client, Role::Server].map(|role| Receiver::new(role, config.clone()));
        if let Some(settings) = compression {
            let [ours, theirs] = settings.map(DeflateConfig::from);
            let (_, answer, agreement) = theirs.answer_first(&ours.offers()).expect("possible");
            let accepted = ours.accept(&answer).expect("our offer");
            server = server.compress(&theirs, &agreement);
            client = client.compress(&ours, &accepted);
            let [of_client, of_server] = receivers;
            receivers = [of_client.decompress(&accepted), of_server.decompress(&agreement)];
        }
        client.start(now);
        server.start(now);
        let [of_client, of_server] = receivers;
        let ends = [Endpoint::new(client, of_client), Endpoint::new(server, of_server)];
        Self { now, ends }
    }

    fn apply(&mut self, op: Op<'_>) {
        let now = self.now;
        match op {
            Op::Text { end, text, compress } => self.end(end).send(Message::from(text), compress),
            Op::Binary { end, data, repeat, compress } => {
                let data = data.repeat(usize::from(repeat) * usize::from(data.len() < 512) + 1);
                self.end(end).send(Message::from(data), compress);
            }
            Op::Prepared { data } => {
                let prepared = Prepared::new(data);
                for end in &mut self.ends {
                    if end.sender.send(&prepared).is_ok() {
                        end.sent.push((MessageKind::Binary, data.to_vec()));
                    }
                }
            }
            Op::Begin { end, text } => {
                let kind = if text { MessageKind::Text } else { MessageKind::Binary };
                let end = self.end(end);
                if end.sender.begin_message(kind).is_ok() {
                    assert_eq!(end.streamed.replace((kind, Vec::new())), None);
                }
            }
            Op::Fragment { end, text, cut, last } => {
                let (first, rest) = text.as_bytes().split_at(text.len().min(cut.into()));
                self.end(end).write(first, false);
                self.end(end).write(rest, last);
            }
            Op::Ping { end, payload } => {
                let (end, payload) = (self.end(end), [MARK, &payload].concat());
                if end.sender.ping(now, payload.clone()).is_ok() {
                    end.pings_sent.push(payload);
                }
            }
            Op::Pong { end, payload } => {
                let (end, payload) = (self.end(end), [MARK, &payload].concat());
                if end.sender.pong(payload.clone()).is_ok() {
                    end.pongs_sent.push(payload);
                }
            }
            Op::Close { end, code, reason } => {
                let end = self.end(end);
                end.closed |= end.sender.close(now, &Close::new(code, reason)).is_ok();
            }
            Op::Transfer { end, len, vectored } => {
                self.transfer(end, usize::from(len) + 1, vectored);
            }
            Op::Blocked { end } => {
                let sender = &mut self.end(end).sender;
                if !sender.is_flushed() {
                    sender.handle_write_pending(now);
                }
            }
            Op::Stream { end } => self.end(end).receiver.stream(),
            Op::Idle => {
                // Long enough for a keepalive ping, which is answered before the next one.
                self.settle();
                self.now += Duration::from_secs(21);
                let now = self.now;
                self.ends.iter_mut().for_each(|end| end.sender.handle_timeout(now, true));
                self.settle();
            }
        }
    }

    fn end(&mut self, end: End) -> &mut Endpoint {
        &mut self.ends[end as usize]
    }

    /// Carries up to `len` bytes from one end to the other; whether there were any.
    fn transfer(&mut self, from: End, len: usize, vectored: bool) -> bool {
        let now = self.now;
        let [client, server] = &mut self.ends;
        let (from, to) = if from == End::Client { (client, server) } else { (server, client) };
        let Some(bytes) = from.sender.poll_transmit() else { return false };
        let mut bytes = if vectored { from.gathered() } else { bytes.to_vec() };
        bytes.truncate(len);
        from.sender.handle_transmitted(|| now, bytes.len());
        to.sender.handle_received();
        to.receiver.handle_received(&mut bytes);
        while let Some(event) = to.receiver.poll_event() {
            match &event {
                Event::Ping(payload) => to.sender.handle_ping(payload),
                Event::Pong(payload) => drop(to.sender.handle_pong(now, payload)),
                Event::Close(close) => to.sender.handle_close(now, close.clone()),
                _ => {}
            }
            match event {
                Event::Message(message) => {
                    to.received.push((message.kind(), message.as_bytes().to_vec()));
                }
                Event::Ping(payload) if payload.starts_with(MARK) => {
                    to.pings_received.push(payload.to_vec());
                }
                Event::Pong(payload) if payload.starts_with(MARK) => {
                    to.pongs_received.push(payload.to_vec());
                }
                Event::Fragment(part) => {
                    to.parts.extend_from_slice(&part.data);
                    if part.last {
                        to.received.push((part.kind, std::mem::take(&mut to.parts)));
                    }
                }
                Event::Ping(_) | Event::Pong(_) | Event::Progress => {}
                Event::Close(_) => assert!(from.closed || to.closed),
                other => unreachable!("{other:?}"),
            }
        }
        true
    }

    fn settle(&mut self) {
        let whole = usize::MAX;
        while self.transfer(End::Client, whole, true) | self.transfer(End::Server, whole, false) {}
    }

    fn finish(mut self) {
        self.ends.iter_mut().for_each(|end| end.write(b"", true));
        self.settle();
        let [client, server] = &self.ends;
        for (from, to) in [(client, server), (server, client)] {
            assert_eq!(to.received, from.sent);
            assert_eq!(to.pings_received, from.pings_sent);
            // An answer to a ping is as marked as the ping. If pings come faster than the pongs leave, some have none.
            let mut received = to.pongs_received.iter();
            assert!(from.pongs_sent.iter().all(|sent| received.any(|pong| pong == sent)));
            let outcome = from.sender.outcome();
            assert!(outcome.cause.is_none() && from.sender.is_flushed());
            assert_eq!(outcome.rcvd.is_some(), client.closed || server.closed);
            assert_eq!(outcome.rcvd, to.sender.outcome().sent);
        }
    }
}

impl Endpoint {
    fn new(sender: Sender, receiver: Receiver) -> Self {
        Self {
            sender,
            receiver,
            streamed: None,
            sent: Vec::new(),
            received: Vec::new(),
            pings_sent: Vec::new(),
            pings_received: Vec::new(),
            pongs_sent: Vec::new(),
            pongs_received: Vec::new(),
            parts: Vec::new(),
            closed: false,
        }
    }

    /// The bytes of a vectored write.
    fn gathered(&self) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); 64];
        let count = self.sender.poll_transmit_vectored(&mut slices);
        let bytes: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
        assert!(bytes.starts_with(self.sender.poll_transmit().unwrap_or_default()));
        bytes
    }

    fn send(&mut self, message: Message, compress: Option<bool>) {
        let record = (message.kind(), message.as_bytes().to_vec());
        let outgoing = match compress {
            None => Outgoing::from(message),
            Some(true) => message.compressed(),
            Some(false) => message.uncompressed(),
        };
        if self.sender.send(outgoing).is_ok() {
            self.sent.push(record);
        }
    }

    fn write(&mut self, data: &[u8], last: bool) {
        if self.sender.write_fragment(data.to_vec(), last).is_ok() {
            let (_, written) = self.streamed.as_mut().expect("a message has begun");
            written.extend_from_slice(data);
            if last {
                self.sent.extend(self.streamed.take());
            }
        }
    }
}

/// The first bytes of the pings of this test; pings of the keepalive begin differently.
const MARK: &[u8] = b"ping";
