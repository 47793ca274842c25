//! A pool of unused compressors and decompressors for each thread, which the next connection reuses.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
    thread::LocalKey,
};

use zlib_rs::{Method, Strategy};

/// Returns whether so many compressors and decompressors are in use that each is returned at the end of its message, though
/// its connection may soon need it again.
///
/// Without this limit, a thousand connections that compress occasionally would hold 200 MB between their messages.
pub(crate) fn is_over_capacity() -> bool {
    IN_USE.load(Ordering::Relaxed) > MAX_HELD
}

/// Returns a compressor without any history.
pub(crate) fn take_deflate(settings: Settings) -> zlib_rs::Deflate {
    IN_USE.fetch_add(1, Ordering::Relaxed);
    match take(&DEFLATES, |(free, _)| *free == settings) {
        Some((_, mut deflate)) => {
            deflate.reset();
            deflate
        }
        None => zlib_rs::Deflate::new_with_config(settings.to_config()),
    }
}

/// Returns a compressor to the pool.
pub(crate) fn give_deflate(settings: Settings, deflate: zlib_rs::Deflate) {
    IN_USE.fetch_sub(1, Ordering::Relaxed);
    give(&DEFLATES, (settings, deflate));
}

/// Returns a decompressor without any history.
pub(crate) fn take_inflate() -> zlib_rs::Inflate {
    IN_USE.fetch_add(1, Ordering::Relaxed);
    match take(&INFLATES, |_| true) {
        Some(mut inflate) => {
            inflate.reset(false);
            inflate
        }
        None => zlib_rs::Inflate::new(false, 15),
    }
}

/// Returns a decompressor to the pool.
pub(crate) fn give_inflate(inflate: zlib_rs::Inflate) {
    IN_USE.fetch_sub(1, Ordering::Relaxed);
    give(&INFLATES, inflate);
}

/// The configuration of a compressor, which it keeps in the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) level: u8,
    pub(crate) mem_level: u8,
    pub(crate) window_bits: u8,
}

impl Settings {
    fn to_config(self) -> zlib_rs::DeflateConfig {
        zlib_rs::DeflateConfig {
            level: self.level.into(),
            method: Method::Deflated,
            // A negative number selects raw DEFLATE, without header and checksum. zlib does not support a window of 8
            // bits. With 9 bits it refers to at most the last 250 bytes (262 bytes less than the window), which a window of
            // 8 bits contains.
            window_bits: -i32::from(self.window_bits.max(9)),
            mem_level: self.mem_level.into(),
            strategy: Strategy::Default,
        }
    }
}

/// The number of compressors and decompressors that connections hold, in all threads.
static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// The number of compressors and decompressors that connections may keep between two messages: about 50 MB.
const MAX_HELD: usize = 512;

/// The number of pooled items of each type. A thread processes one message at a time, unless messages are streamed.
const CAPACITY: usize = 2;

thread_local! {
    static DEFLATES: RefCell<Vec<(Settings, zlib_rs::Deflate)>> = const { RefCell::new(Vec::new()) };
    static INFLATES: RefCell<Vec<zlib_rs::Inflate>> = const { RefCell::new(Vec::new()) };
}

fn take<T>(pool: &'static LocalKey<RefCell<Vec<T>>>, fits: impl Fn(&T) -> bool) -> Option<T> {
    // The pool is gone while the thread shuts down.
    pool.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let index = pool.iter().position(fits)?;
        Some(pool.swap_remove(index))
    })
    .ok()
    .flatten()
}

fn give<T>(pool: &'static LocalKey<RefCell<Vec<T>>>, item: T) {
    let _ = pool.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() == CAPACITY {
            pool.remove(0);
        }
        pool.push(item);
    });
}
