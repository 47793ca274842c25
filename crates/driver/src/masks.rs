//! Randomness: [RFC 6455 §10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3).

use std::{cell::RefCell, io};

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; SIZE], used: SIZE }) };
}

/// Random bytes of the operating system, fetched many at a time.
struct Pool {
    bytes: [u8; SIZE],
    used: usize,
}

/// The key for one frame: fresh bytes from the operating system's source.
pub(crate) fn mask_key() -> io::Result<[u8; 4]> {
    POOL.with_borrow_mut(|pool| {
        if pool.used + 4 > SIZE {
            getrandom::fill(&mut pool.bytes)?;
            pool.used = 0;
        }
        let mut key = [0; 4];
        key.copy_from_slice(&pool.bytes[pool.used..pool.used + 4]);
        // What was used is not kept.
        pool.bytes[pool.used..pool.used + 4].fill(0);
        pool.used += 4;
        Ok(key)
    })
}

/// The nonce for one opening handshake.
pub(crate) fn nonce() -> io::Result<[u8; 16]> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)?;
    Ok(nonce)
}

/// A fraction of 2³², for the delay between two attempts to connect.
pub(crate) fn fraction() -> io::Result<u32> {
    mask_key().map(u32::from_ne_bytes)
}

/// Bytes that are fetched at a time.
const SIZE: usize = 512;
