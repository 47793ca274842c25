#![no_main]
//! Arbitrary bytes on a connection: the events do not depend on the size of the reads, and the limits hold.

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sockeye_deflate::DeflateConfig;
use sockeye_errors::{Close, ProtocolError};
use sockeye_frames::{Header, OpCode, mask};
use sockeye_fuzz::{Cuts, Settings};
use sockeye_protocol::{Config, Event, MessageKind, Receiver, Role};

fuzz_target!(|input: (Setup, Cuts, &[u8])| {
    let (setup, cuts, rest) = input;
    let mut bytes = setup.first_frame();
    bytes.extend_from_slice(rest);
    assert_eq!(setup.receive(&bytes, cuts), setup.receive(&bytes, Cuts::NONE));
});

#[derive(arbitrary::Arbitrary, Clone, Copy, Debug)]
struct Setup {
    client: bool,
    compression: Option<Settings>,
    stream: bool,
    max_size: u32,
    /// The first frame, which one setup in eight has, since the fuzzer finds no long ones: its length and whether it is final.
    /// Its length is below 200 KiB, and half as likely to have each further bit, so that most inputs run fast.
    first: (u8, u32, bool),
}

/// The received events, without details that depend on the size of the reads.
#[derive(Debug, Default, PartialEq)]
struct Arrived {
    /// Whole messages; those that come in fragments are put together again.
    messages: Vec<(MessageKind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    pongs: Vec<Vec<u8>>,
    end: Option<Result<Close, ProtocolError>>,
}

impl Setup {
    fn receiver(self) -> Receiver {
        let role = if self.client { Role::Client } else { Role::Server };
        let mut config = Config::default();
        config.max_incoming_size = Some(self.max_size() as u64);
        let receiver = Receiver::new(role, Arc::new(config));
        let Some(settings) = self.compression else { return receiver };
        let offers = [[("client_max_window_bits", None::<&str>)]];
        let (_, _, agreement) =
            DeflateConfig::from(settings).answer_first(&offers).expect("a legal offer");
        receiver.decompress(&agreement)
    }

    fn max_size(self) -> usize {
        self.max_size as usize % (256 << 10)
    }

    fn first_frame(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (choice, length, fin) = self.first;
        if choice % 8 == 7 {
            let length = (length >> (length % 32)) % (200 << 10);
            let mask = (!self.client).then_some([1, 2, 3, 4]);
            let (opcode, length) = (OpCode::Text, u64::from(length));
            Header { fin, rsv1: false, opcode, mask, length }.encode(&mut bytes);
            let start = bytes.len();
            bytes.extend("ä".bytes().cycle().zip(0..length).map(|(byte, _)| byte));
            if let Some(key) = mask {
                mask::apply(&mut bytes[start..], key, 0);
            }
        }
        bytes
    }

    fn receive(self, bytes: &[u8], cuts: Cuts) -> Arrived {
        let mut receiver = self.receiver();
        let mut arrived = Arrived::default();
        let mut fragments = Vec::new();
        if self.stream {
            receiver.stream();
        }
        // No more is kept than a message and, behind it, a control frame that is not whole.
        let max_size = if self.stream { 0 } else { self.max_size() };
        for (index, chunk) in cuts.of(bytes).enumerate() {
            if index % 2 == 0 {
                receiver.handle_received(&mut chunk.to_vec())
            } else {
                read(&mut receiver, chunk)
            }
            while let Some(event) = receiver.poll_event() {
                assert_eq!(arrived.end, None, "nothing follows the end");
                match event {
                    Event::Message(message) => {
                        assert!(!self.stream && message.len() <= max_size);
                        arrived.messages.push((message.kind(), message.as_bytes().to_vec()));
                    }
                    Event::Fragment(fragment) => {
                        assert!(self.stream);
                        fragments.extend_from_slice(&fragment.data);
                        if fragment.last {
                            arrived.messages.push((fragment.kind, std::mem::take(&mut fragments)));
                            receiver.stream();
                        }
                    }
                    Event::Ping(payload) => arrived.pings.push(payload.to_vec()),
                    Event::Pong(payload) => arrived.pongs.push(payload.to_vec()),
                    Event::Close(close) => arrived.end = Some(Ok(close)),
                    Event::Failed(error) => arrived.end = Some(Err(error)),
                    // How much work an event causes depends on the size of the reads.
                    Event::Progress => {}
                    _ => unreachable!("there is no other"),
                }
            }
            assert!(receiver.buffered() <= max_size + 14 + 125);
        }
        assert_eq!(receiver.is_closed(), arrived.end.is_some());
        for (kind, message) in &arrived.messages {
            assert!(*kind == MessageKind::Binary || str::from_utf8(message).is_ok());
        }
        assert!(arrived.pings.iter().chain(&arrived.pongs).all(|payload| payload.len() <= 125));
        arrived
    }
}

/// Lets the receiver read the bytes.
fn read(receiver: &mut Receiver, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let read = receiver.read_with(|buffer| {
            let (now, later) = bytes.split_at(bytes.len().min(buffer.len()));
            buffer[..now.len()].copy_from_slice(now);
            bytes = later;
            Ok::<_, ()>(now.len())
        });
        assert!(read.is_ok_and(|len| len > 0));
    }
}
