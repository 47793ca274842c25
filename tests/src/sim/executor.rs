//! The executor: runs woken tasks on one thread.
//!
//! A test that would hang, because no task will be woken, panics, and so does one that spins.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use super::{BoxedTask, WORLD, World, clock::advance, with_world};

/// Runs a test: tasks that are woken run in the order of their wake-ups.
///
/// # Panics
///
/// Panics if no task can ever continue, and if a task runs for ever.
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
        // The queue, the table of tasks and this loop hold one reference each; a registered waker holds one more.
        let own = 2 + usize::from(task.id == 0 || tasks.contains_key(&task.id));
        let queued = task.queued.load(Ordering::Acquire);
        assert!(
            queued || Arc::strong_count(if task.id == 0 { &main } else { &task }) > own,
            "a task waits, and nobody knows its waker"
        );
        spawn_new(&mut tasks, &mut next_id, &queue);
    }
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

/// Polls without any progress of the clock from which on a test spins.
const MAX_POLLS: u64 = 3_000_000;
