//! The memory that a peer can make a connection occupy.

use std::{
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use peak_alloc::PeakAlloc;
use sockeye_protocol::{Config, Event, Receiver, Role, Sender, read_buffer};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The heap, for one test at a time.
struct Measured {
    start: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Measured {
    fn new() -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        // The buffers of the thread do not belong to a connection.
        read_buffer::with(|_| ());
        let mut measured = Self { start: 0, _alone: alone };
        measured.restart();
        measured
    }

    /// Restarts the measurement.
    fn restart(&mut self) {
        HEAP.reset_peak_usage();
        self.start = HEAP.current_usage();
    }

    /// Returns the bytes more than at the start.
    fn held(&self) -> usize {
        HEAP.current_usage().saturating_sub(self.start)
    }

    /// Returns the peak in bytes more than at the start.
    fn peak(&self) -> usize {
        HEAP.peak_usage().saturating_sub(self.start)
    }
}

/// The memory that the test harness may allocate meanwhile.
const NOISE: usize = 64 << 10;

/// The size of a read buffer, with its headroom.
const BUFFER: usize = 257 << 10;

fn unlimited() -> Config {
    let mut config = Config::default();
    config.max_incoming_size = None;
    config
}

/// The header of a frame to a client.
fn header(first: u8, length: u64) -> Vec<u8> {
    [&[first, 127][..], &length.to_be_bytes()].concat()
}

/// Both directions of a client.
fn client(config: Config) -> (Sender, Receiver) {
    let config = Arc::new(config);
    let sender = Sender::client(Arc::clone(&config), || Ok([1, 2, 3, 4]));
    (sender, Receiver::new(Role::Client, config))
}

/// Both directions of a server.
fn server(config: Config) -> (Sender, Receiver) {
    let config = Arc::new(config);
    (Sender::server(Arc::clone(&config)), Receiver::new(Role::Server, config))
}

fn events(receiver: &mut Receiver, bytes: &mut [u8]) -> Vec<Event> {
    receiver.handle_received(bytes);
    iter::from_fn(|| receiver.poll_event()).collect()
}

/// Lets the receiver read `bytes`, all at once.
fn read(receiver: &mut Receiver, bytes: &[u8]) {
    let read = receiver.read_with(|buffer| {
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok::<_, ()>(bytes.len())
    });
    assert_eq!(read, Ok(bytes.len()));
}

#[test]
fn an_announced_length_allocates_nothing() {
    let measured = Measured::new();
    let connections: Vec<Receiver> = (0..10_000)
        .map(|count| {
            let (_, mut receiver) = client(unlimited());
            let mut header = header(0x82, (1 << 62) + count);
            assert_eq!(events(&mut receiver, &mut header), []);
            receiver
        })
        .collect();
    assert!(measured.peak() < 10_000 * 1024 + NOISE, "{}", measured.peak());
    drop(connections);
}

#[test]
fn a_message_that_begins_holds_little_more_than_its_received_bytes() {
    let measured = Measured::new();
    let connections: Vec<Receiver> = (0..100)
        .map(|_| {
            let (_, mut receiver) = client(unlimited());
            let mut bytes = header(0x82, 1 << 62);
            bytes.resize(65_536, 7);
            assert_eq!(events(&mut receiver, &mut bytes), []);
            receiver
        })
        .collect();
    assert!(measured.held() <= 100 * (132 << 10), "{}", measured.held());
    drop(connections);
}

#[test]
fn a_message_that_is_read_directly_holds_at_most_twice_its_received_bytes() {
    let measured = Measured::new();
    let (_, mut receiver) = client(unlimited());
    let mut bytes = header(0x82, 1 << 62);
    bytes.resize(128 << 10, 7);
    read(&mut receiver, &bytes);
    let mut received = bytes.len();
    drop(bytes);
    for len in [100_000, 16 << 10, 64 << 10].into_iter().cycle().take(100) {
        let read = receiver.read_with(|memory| Ok::<_, ()>(memory.len().min(len)));
        received += read.expect("it does not fail");
        assert_eq!(receiver.poll_event(), None);
        assert!(measured.held() <= 2 * received + NOISE, "{} for {received}", measured.held());
    }
}

#[test]
fn a_message_in_fragments_takes_at_most_twice_its_size() {
    let measured = Measured::new();
    let (_, mut receiver) = client(Config::default());
    let mut payload = 0;
    for size in [1, 64, 4096, 64, 1].into_iter().cycle().take(1000) {
        let first = if payload == 0 { 0x02 } else { 0x00 };
        let mut bytes = vec![first, 126];
        bytes.extend(u16::to_be_bytes(size));
        if size < 126 {
            bytes = vec![first, u8::try_from(size).expect("short")];
        }
        bytes.resize(bytes.len() + usize::from(size), 7);
        payload += usize::from(size);
        assert_eq!(events(&mut receiver, &mut bytes), []);
        assert!(measured.held() <= 2 * payload + NOISE, "{} for {payload}", measured.held());
    }
    // The received bytes move to more memory.
    assert!(measured.peak() <= 3 * payload + 2 * NOISE, "{} for {payload}", measured.peak());
}

#[test]
fn parts_of_a_message_hold_no_other_memory() {
    let mut measured = Measured::new();
    let (_, mut receiver) = client(Config::default());
    receiver.stream();
    receiver.handle_received(&mut header(0x82, 1 << 40));
    measured.restart();
    let parts: Vec<Event> = (0..10_000).flat_map(|_| events(&mut receiver, &mut [7; 10])).collect();
    assert_eq!(parts.len(), 10_000);
    assert!(measured.held() < 10_000 * 256 + NOISE, "{}", measured.held());
}

#[test]
fn the_pongs_for_a_peer_that_does_not_read_are_bounded() {
    let measured = Measured::new();
    let (mut sender, mut receiver) = server(Config::default());
    // 125 bytes, masked with zeros.
    let mut ping = vec![0x89, 0xfd, 0, 0, 0, 0];
    ping.resize(6 + 125, b'p');
    for _ in 0..200_000 {
        receiver.handle_received(&mut ping.clone());
        let Some(Event::Ping(payload)) = receiver.poll_event() else { panic!("not a ping") };
        sender.handle_ping(&payload);
    }
    assert!(measured.held() <= (128 << 10) + NOISE, "{}", measured.held());
}

#[test]
fn unsolicited_pongs_leave_nothing_behind() {
    let measured = Measured::new();
    let (mut sender, mut receiver) = client(Config::default());
    for _ in 0..100_000 {
        receiver.handle_received(&mut [0x8a, 3, 1, 2, 3]);
        let Some(Event::Pong(payload)) = receiver.poll_event() else { panic!("not a pong") };
        assert_eq!(sender.handle_pong(Instant::now(), &payload), None);
    }
    assert!(measured.peak() <= NOISE, "{}", measured.peak());
}

#[test]
fn an_idle_connection_owns_no_buffers() {
    let mut measured = Measured::new();
    let mut pairs: Vec<_> =
        (0..1000).map(|_| (client(Config::default()), server(Config::default()))).collect();
    measured.restart();
    for (client, server) in &mut pairs {
        for turn in 0..2 {
            let ((from, _), (_, to)) =
                if turn == 0 { (&mut *client, &mut *server) } else { (&mut *server, &mut *client) };
            from.send(vec![7; 5000]).expect("open");
            from.send("hello").expect("open");
            while let Some(bytes) = from.poll_transmit() {
                let mut bytes = bytes.to_vec();
                to.handle_received(&mut bytes);
                from.handle_transmitted(Instant::now, bytes.len());
            }
            assert_eq!(iter::from_fn(|| to.poll_event()).count(), 2);
        }
    }
    assert!(measured.held() <= NOISE, "{} bytes for 1000 pairs", measured.held());
}

#[test]
fn an_incomplete_header_holds_no_memory_of_earlier_frames() {
    let measured = Measured::new();
    let connections: Vec<Receiver> = (0..100)
        .map(|_| {
            let (_, mut receiver) = client(unlimited());
            let mut bytes = [&[0x82, 126, 3, 252][..], &[7; 1020]].concat().repeat(256);
            bytes.truncate(255 * 1024 + 3);
            assert_eq!(events(&mut receiver, &mut bytes).len(), 255);
            receiver
        })
        .collect();
    assert!(measured.held() <= 100 * 1024 + NOISE, "{}", measured.held());
    drop(connections);
}

#[test]
fn the_rest_of_a_read_holds_no_other_memory() {
    let measured = Measured::new();
    let mut bytes = [&[0x82, 126, 3, 252][..], &[7; 1020]].concat().repeat(256);
    bytes.truncate(255 * 1024 + 3);
    let connections: Vec<Receiver> = (0..1000)
        .map(|_| {
            let (_, mut receiver) = client(unlimited());
            read(&mut receiver, &bytes);
            assert_eq!(iter::from_fn(|| receiver.poll_event()).count(), 255);
            receiver
        })
        .collect();
    assert!(measured.held() <= 1000 * 1024 + bytes.len() + NOISE, "{}", measured.held());
    drop(connections);
}

#[test]
fn a_message_holds_no_memory_of_other_messages() {
    let measured = Measured::new();
    let bytes = [&[0x82, 126, 3, 252][..], &[7; 1020]].concat().repeat(256);
    let (_, mut receiver) = client(unlimited());
    let messages: Vec<Event> = (0..1000)
        .map(|_| {
            read(&mut receiver, &bytes);
            iter::from_fn(|| receiver.poll_event()).last().expect("there are 256")
        })
        .collect();
    assert!(measured.held() <= 1000 * 1200 + bytes.len() + NOISE, "{}", measured.held());
    drop(messages);
}

#[test]
fn connections_that_take_their_time_share_a_bounded_number_of_buffers() {
    let measured = Measured::new();
    // Each takes a buffer away from a thread of its own.
    let connections: Vec<Receiver> = (0..1000)
        .map(|_| {
            let (_, mut receiver) = client(unlimited());
            let reader = thread::spawn(move || {
                read(&mut receiver, &[0x82, 1, 7, 0x82, 1, 7]);
                assert!(receiver.poll_event().is_some());
                receiver
            });
            reader.join().expect("it reads")
        })
        .collect();
    // 128 of them hold a buffer, all others a copy of the undecoded bytes.
    assert!(measured.held() <= 1000 * 512 + 132 * BUFFER + NOISE, "{}", measured.held());
    assert!(measured.held() >= 120 * BUFFER, "{}", measured.held());
    drop(connections);
    assert!(measured.held() <= 4 * BUFFER + NOISE, "{}", measured.held());
}

#[test]
fn a_small_burst_that_waits_holds_no_buffer_that_others_could_use() {
    let measured = Measured::new();
    let connections: Vec<Receiver> = (0..100)
        .map(|_| {
            let (_, mut receiver) = client(unlimited());
            read(&mut receiver, &[0x82, 1, 7, 0x82, 1, 7]);
            assert!(receiver.poll_event().is_some());
            receiver
        })
        .collect();
    // New memory for each of them would cost a hundred times as much as the copy.
    assert!(measured.held() <= 100 * 512 + 4 * BUFFER + NOISE, "{}", measured.held());
    drop(connections);
}

#[test]
fn decoded_bytes_are_released_though_some_are_always_left() {
    let measured = Measured::new();
    let (_, mut receiver) = client(unlimited());
    receiver.handle_received(&mut [0x82, 2, 7]);
    // The end of a message, and the beginning of the next one.
    let mut bytes = vec![7];
    for _ in 0..10_000 {
        bytes.extend([0x82, 126, 0, 200]);
        bytes.resize(bytes.len() + 200, 7);
        bytes.extend([0x82, 2, 7]);
        receiver.handle_received(&mut bytes);
        assert!(receiver.poll_event().is_some() && receiver.poll_event().is_some());
        bytes.truncate(1);
    }
    assert!(measured.held() <= 4 * BUFFER + NOISE, "{}", measured.held());
}

#[test]
fn bytes_after_the_end_are_released() {
    let measured = Measured::new();
    let receivers: Vec<Receiver> = [&[0x88, 0][..], &[0x82, 0x82]]
        .into_iter()
        .cycle()
        .take(100)
        .map(|end| {
            let (_, mut receiver) = client(unlimited());
            // A whole message, so that the end is not the first frame.
            let mut bytes = [&[0x82, 1, 7], end].concat();
            bytes.resize(250 << 10, 7);
            read(&mut receiver, &bytes);
            assert_eq!(iter::from_fn(|| receiver.poll_event()).count(), 2);
            receiver
        })
        .collect();
    assert!(measured.held() <= 100 * 512 + 4 * BUFFER + NOISE, "{}", measured.held());
    drop(receivers);
}

#[test]
fn a_delayed_pong_holds_no_memory_of_the_read() {
    let measured = Measured::new();
    let connections: Vec<_> = (0..100)
        .map(|_| {
            let mut config = unlimited();
            config.write_high_water = 1;
            let (mut sender, mut receiver) = client(config);
            sender.send("nobody reads this").expect("it is queued");
            let mut bytes = [&[0x82, 126, 3, 252][..], &[7; 1020]].concat().repeat(200);
            bytes.extend([0x89, 1, 7]);
            for event in events(&mut receiver, &mut bytes) {
                if let Event::Ping(payload) = event {
                    sender.handle_ping(&payload);
                }
            }
            (sender, receiver)
        })
        .collect();
    assert!(measured.held() <= 100 * 4096 + (256 << 10) + NOISE, "{}", measured.held());
    drop(connections);
}
