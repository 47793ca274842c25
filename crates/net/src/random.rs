//! Random numbers: [RFC 6455 §10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3).

use std::{cell::RefCell, io};

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; SIZE], used: SIZE }) };
}

/// Random bytes of the operating system, fetched in blocks to save system calls.
struct Pool {
    bytes: [u8; SIZE],
    used: usize,
}

/// Returns a masking key for one frame.
///
/// # Errors
///
/// Returns the error of the operating system's random number generator.
pub fn mask_key() -> io::Result<[u8; 4]> {
    POOL.with_borrow_mut(|pool| {
        if pool.used + 4 > SIZE {
            getrandom::fill(&mut pool.bytes)?;
            pool.used = 0;
        }
        let mut key = [0; 4];
        key.copy_from_slice(&pool.bytes[pool.used..pool.used + 4]);
        // A used key must not stay in memory.
        pool.bytes[pool.used..pool.used + 4].fill(0);
        pool.used += 4;
        Ok(key)
    })
}

/// Returns the nonce for one opening handshake.
///
/// # Errors
///
/// Returns the error of the operating system's random number generator.
pub fn nonce() -> io::Result<[u8; 16]> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)?;
    Ok(nonce)
}

/// Returns a random fraction of 2³², for the jitter of a delay.
///
/// # Errors
///
/// Returns the error of the operating system's random number generator.
pub fn fraction() -> io::Result<u32> {
    mask_key().map(u32::from_ne_bytes)
}

/// The number of bytes that one system call fetches.
const SIZE: usize = 512;
