//! Compressors and decompressors that are not in use, kept for the next connection of the thread.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
    thread::LocalKey,
};

use zlib_rs::{DeflateConfig, Method, Strategy};

/// Whether so many are in use that who is done with a message should give its own back, though it may need it again.
///
/// A thousand connections that compress now and then would else hold 200 MB between their messages.
pub(crate) fn is_crowded() -> bool {
    IN_USE.load(Ordering::Relaxed) > CROWD
}

/// Takes a compressor that has seen nothing yet.
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

/// Gives a compressor back.
pub(crate) fn give_deflate(settings: Settings, deflate: zlib_rs::Deflate) {
    IN_USE.fetch_sub(1, Ordering::Relaxed);
    give(&DEFLATES, (settings, deflate));
}

/// Takes a decompressor that has seen nothing yet.
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

/// Gives a decompressor back.
pub(crate) fn give_inflate(inflate: zlib_rs::Inflate) {
    IN_USE.fetch_sub(1, Ordering::Relaxed);
    give(&INFLATES, inflate);
}

/// What a compressor is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) level: u8,
    pub(crate) mem_level: u8,
    pub(crate) window_bits: u8,
}

impl Settings {
    fn to_config(self) -> DeflateConfig {
        DeflateConfig {
            level: self.level.into(),
            method: Method::Deflated,
            // A negative number: no header, no checksum. The compressor knows no window of 8 bits; with 9 it refers to at
            // most the last 250 bytes (always 262 bytes less than the window), which is what 8 bits allow.
            window_bits: -i32::from(self.window_bits.max(9)),
            mem_level: self.mem_level.into(),
            strategy: Strategy::Default,
        }
    }
}

/// Compressors and decompressors that connections hold, in all threads.
static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// As many may be held between two messages: about 50 MB.
const CROWD: usize = 512;

/// A thread works on one message at a time; more are in use only where messages are streamed.
const CAPACITY: usize = 2;

thread_local! {
    static DEFLATES: RefCell<Vec<(Settings, zlib_rs::Deflate)>> = const { RefCell::new(Vec::new()) };
    static INFLATES: RefCell<Vec<zlib_rs::Inflate>> = const { RefCell::new(Vec::new()) };
}

fn take<T>(pool: &'static LocalKey<RefCell<Vec<T>>>, fits: impl Fn(&T) -> bool) -> Option<T> {
    // A thread that ends has no pool any more.
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
