//! A runtime for tests: one thread, a clock that only moves when all tasks wait, and a network in memory.
//!
//! A test that would hang, since nobody is going to wake anybody, panics instead; and so does one that spins.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, VecDeque},
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr},
    os::unix::net::{UnixListener, UnixStream},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use futures_io::{AsyncRead, AsyncWrite};
use sockeye::{
    TcpOptions,
    driver::{Io, Runtime, Stream},
};

use crate::{Pipe, hosts, pipe};

/// The runtime. A name, not a value.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values, and never will be")]
pub enum Sim {}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// What there is besides the tasks.
struct World {
    start: Instant,
    now: Instant,
    timers: BTreeMap<(Instant, u64), Waker>,
    next_timer: u64,
    spawned: Vec<BoxedTask>,
    listeners: HashMap<u16, Arc<Mutex<Backlog>>>,
    names: HashMap<String, Vec<IpAddr>>,
    resolved: Vec<String>,
}

type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Debug, Default)]
struct Backlog {
    streams: VecDeque<(Pipe, SocketAddr)>,
    waker: Option<Waker>,
}

fn with_world<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| act(world.as_mut().expect("this runs inside of `run`")))
}

/// Runs a test: tasks that are woken run in the order of their wake-ups.
///
/// # Panics
///
/// When nobody can ever go on, and when somebody goes on for ever.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    run_in_order(test, |_| 0)
}

/// Runs a test, where it is up to the seed which of the woken tasks runs next.
///
/// # Panics
///
/// As [`run`].
pub fn run_shuffled<T>(seed: u64, test: impl Future<Output = T>) -> T {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    run_in_order(test, move |len| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % len
    })
}

fn run_in_order<T>(test: impl Future<Output = T>, mut choose: impl FnMut(usize) -> usize) -> T {
    let start = Instant::now();
    let world = World {
        start,
        now: start,
        timers: BTreeMap::new(),
        next_timer: 0,
        spawned: Vec::new(),
        listeners: HashMap::new(),
        names: HashMap::new(),
        resolved: Vec::new(),
    };
    let old = WORLD.replace(Some(world));
    assert!(old.is_none(), "a world inside of a world");
    // The world goes last, even when the test fails.
    let _end = EndOfWorld;
    let mut test = pin!(test);
    let queue = Arc::new(Queue::default());
    let mut tasks = HashMap::new();
    let mut next_id = 1;
    let main = Task::new(0, &queue);
    main.wake_by_ref();
    let mut polls = 0_u64;
    loop {
        let Some(task) = queue.take(&mut choose) else {
            assert!(advance(), "everybody waits, and nobody is going to wake anybody");
            polls = 0;
            continue;
        };
        polls += 1;
        assert!(polls < MAX_POLLS, "the tasks go on and on, and time stands still");
        task.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&task));
        let mut cx = Context::from_waker(&waker);
        if task.id == 0 {
            if let Poll::Ready(result) = test.as_mut().poll(&mut cx) {
                return result;
            }
        } else if let Some((_, future)) = tasks.get_mut(&task.id) {
            let future: &mut BoxedTask = future;
            if future.as_mut().poll(&mut cx).is_ready() {
                let finished = tasks.remove(&task.id);
                drop(finished);
                spawn_new(&mut tasks, &mut next_id, &queue);
                continue;
            }
        } else {
            continue;
        }
        // The queue, the table of tasks and this loop hold one reference each; whoever shall wake it holds one more.
        let own = 2 + usize::from(task.id == 0 || tasks.contains_key(&task.id));
        let queued = task.queued.load(Ordering::Acquire);
        assert!(
            queued || Arc::strong_count(if task.id == 0 { &main } else { &task }) > own,
            "a task waits, and nobody knows its waker"
        );
        spawn_new(&mut tasks, &mut next_id, &queue);
    }
}

/// Gives a host these addresses; without, it has that of the loopback.
///
/// # Panics
///
/// Outside of [`run`].
pub fn set_addresses(host: &str, addresses: impl Into<Vec<IpAddr>>) {
    with_world(|world| world.names.insert(host.to_owned(), addresses.into()));
}

/// The hosts that were looked up since the last call.
///
/// # Panics
///
/// Outside of [`run`].
pub fn resolved() -> Vec<String> {
    with_world(|world| std::mem::take(&mut world.resolved))
}

type Tasks = HashMap<u64, (Arc<Task>, BoxedTask)>;

fn spawn_new(tasks: &mut Tasks, next_id: &mut u64, queue: &Arc<Queue>) {
    for future in with_world(|world| std::mem::take(&mut world.spawned)) {
        let task = Task::new(*next_id, queue);
        *next_id += 1;
        task.wake_by_ref();
        tasks.insert(task.id, (task, future));
    }
}

/// Moves the clock to the next deadline; returns whether there is one.
fn advance() -> bool {
    let next = with_world(|world| {
        let next = world.timers.first_key_value().map(|(&(deadline, _), _)| deadline);
        next.map(|deadline| deadline.saturating_duration_since(world.now))
    });
    next.is_some_and(pass)
}

/// Lets time pass, whoever runs; returns whether a timer was due.
pub(crate) fn pass(duration: Duration) -> bool {
    let due: Vec<_> = with_world(|world| {
        world.now += duration;
        assert!(world.now - world.start < MAX_TIME, "the test takes too much of its own time");
        let mut due = Vec::new();
        while let Some(timer) = world.timers.first_entry()
            && timer.key().0 <= world.now
        {
            due.push(timer.remove());
        }
        due
    });
    let any = !due.is_empty();
    due.into_iter().for_each(Waker::wake);
    any
}

struct EndOfWorld;

impl Drop for EndOfWorld {
    fn drop(&mut self) {
        let world = WORLD.replace(None);
        drop(world);
    }
}

#[derive(Default)]
struct Queue(Mutex<Vec<Arc<Task>>>);

impl Queue {
    fn take(&self, choose: &mut impl FnMut(usize) -> usize) -> Option<Arc<Task>> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let len = tasks.len();
        (len > 0).then(|| tasks.remove(choose(len)))
    }
}

struct Task {
    id: u64,
    queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Task {
    fn new(id: u64, queue: &Arc<Queue>) -> Arc<Self> {
        Arc::new(Self { id, queued: AtomicBool::new(false), queue: Arc::clone(queue) })
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let mut tasks = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.push(Arc::clone(self));
        }
    }
}

/// Runs a task by itself; what it returns waits for its result.
pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Join<T> {
    let slot = Arc::new(Mutex::new(Slot { result: None, waker: None }));
    let join = Join(Arc::clone(&slot));
    Sim::spawn(async move {
        let result = task.await;
        let waker = {
            let mut slot = lock(&slot);
            slot.result = Some(result);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    join
}

/// Waits for the result of a task; made by [`spawn`].
#[derive(Debug)]
pub struct Join<T>(Arc<Mutex<Slot<T>>>);

#[derive(Debug)]
struct Slot<T> {
    result: Option<T>,
    waker: Option<Waker>,
}

impl<T> Join<T> {
    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        lock(&self.0).result.is_some()
    }
}

impl<T> Future for Join<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut slot = lock(&self.0);
        slot.waker = Some(cx.waker().clone());
        slot.result.take().map_or(Poll::Pending, Poll::Ready)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for both.
pub async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut left, mut right) = (None, None);
    poll_fn(|cx| {
        if left.is_none()
            && let Poll::Ready(result) = a.as_mut().poll(cx)
        {
            left = Some(result);
        }
        if right.is_none()
            && let Poll::Ready(result) = b.as_mut().poll(cx)
        {
            right = Some(result);
        }
        if left.is_some() && right.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (left.expect("it is ready"), right.expect("it is ready"))
}

/// Waits for some time.
pub async fn sleep(duration: Duration) {
    Sim::sleep_until(Sim::now() + duration).await;
}

/// Lets the others run.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The time since the beginning of the test.
pub fn elapsed() -> Duration {
    with_world(|world| world.now - world.start)
}

/// Measures time.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed(Instant);

impl Elapsed {
    /// Begins to measure.
    pub fn start() -> Self {
        Self(Sim::now())
    }

    /// The time since then.
    pub fn get(self) -> Duration {
        Sim::now() - self.0
    }
}

/// A timer, as strict as one may be: who polls it when it is due gets no wake-up.
#[derive(Debug)]
pub struct Sleep {
    deadline: Instant,
    id: Option<u64>,
}

impl Sleep {
    fn forget(&mut self) {
        if let Some(id) = self.id.take() {
            WORLD.with_borrow_mut(|world| {
                if let Some(world) = world {
                    world.timers.remove(&(self.deadline, id));
                }
            });
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.forget();
        let deadline = self.deadline;
        let id = with_world(|world| {
            if deadline <= world.now {
                return None;
            }
            let id = world.next_timer;
            world.next_timer += 1;
            world.timers.insert((deadline, id), cx.waker().clone());
            Some(id)
        });
        self.id = id;
        if id.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

/// How many timers are set.
pub fn timers() -> usize {
    with_world(|world| world.timers.len())
}

/// Waits for connections in memory.
#[derive(Debug)]
pub struct Listener {
    backlog: Arc<Mutex<Backlog>>,
    /// Keeps the port.
    socket: std::net::TcpListener,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Ok(address) = self.socket.local_addr() else { return };
        WORLD.with_borrow_mut(|world| {
            if let Some(world) = world {
                world.listeners.remove(&address.port());
            }
        });
        lock(&self.backlog).streams.clear();
    }
}

impl Runtime for Sim {
    type Tcp = Pipe;
    type TcpListener = Listener;
    type Unix = Pipe;
    type UnixListener = Listener;
    type Stream = Stream<Self>;
    type Sleep = Sleep;

    fn now() -> Instant {
        with_world(|world| world.now)
    }

    fn sleep_until(deadline: Instant) -> Sleep {
        Sleep { deadline, id: None }
    }

    fn deadline(sleep: &Sleep) -> Instant {
        sleep.deadline
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        with_world(|world| world.spawned.push(Box::pin(task)));
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let addresses = with_world(|world| {
            world.resolved.push(host.to_owned());
            world.names.get(host).cloned()
        });
        Ok(match addresses {
            Some(addresses) => {
                addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
            }
            None => hosts::resolve(host, port),
        })
    }

    async fn connect_tcp(address: SocketAddr, _: &TcpOptions) -> io::Result<Pipe> {
        hosts::answer(address).await?;
        let backlog = with_world(|world| world.listeners.get(&address.port()).cloned());
        let backlog = backlog.ok_or(io::ErrorKind::ConnectionRefused)?;
        let own = SocketAddr::from(([127, 0, 0, 1], 1));
        let (near, far) = pipe(64 << 10);
        let waker = {
            let mut backlog = lock(&backlog);
            backlog.streams.push_back((far.at(address, own), own));
            backlog.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(near.at(own, address))
    }

    fn listen_tcp(socket: std::net::TcpListener) -> io::Result<Listener> {
        let port = socket.local_addr()?.port();
        let backlog = Arc::new(Mutex::new(Backlog::default()));
        with_world(|world| world.listeners.insert(port, Arc::clone(&backlog)));
        Ok(Listener { backlog, socket })
    }

    async fn accept_tcp(listener: &Listener) -> io::Result<(Pipe, SocketAddr)> {
        poll_fn(|cx| {
            let mut backlog = lock(&listener.backlog);
            if let Some(stream) = backlog.streams.pop_front() {
                return Poll::Ready(Ok(stream));
            }
            backlog.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn configure_tcp(_: &Pipe, _: &TcpOptions) -> io::Result<()> {
        Ok(())
    }

    fn tcp_addresses(stream: &Pipe) -> io::Result<(SocketAddr, SocketAddr)> {
        stream.addresses().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn adopt_unix(_: UnixStream) -> io::Result<Pipe> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn listen_unix(_: UnixListener) -> io::Result<Listener> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_unix(_: &Listener) -> io::Result<Pipe> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<S: AsyncRead + AsyncWrite> Io<S> for Sim {
    fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        io.poll_read(cx, buf)
    }

    fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        io.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        io: Pin<&mut S>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        io.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        io.poll_flush(cx)
    }

    fn poll_close(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        io.poll_close(cx)
    }
}

/// Polls without any progress of the clock from which on a test spins.
const MAX_POLLS: u64 = 3_000_000;

/// The most time that a test takes, on its own clock.
const MAX_TIME: Duration = Duration::from_hours(24);
