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
    take()
}

/// Returns the nonce for one opening handshake.
///
/// # Errors
///
/// Returns the error of the operating system's random number generator.
pub fn nonce() -> io::Result<[u8; 16]> {
    take()
}

/// Returns a random fraction of 2³², for the jitter of a delay.
///
/// # Errors
///
/// Returns the error of the operating system's random number generator.
pub fn fraction() -> io::Result<u32> {
    mask_key().map(u32::from_ne_bytes)
}

fn take<const N: usize>() -> io::Result<[u8; N]> {
    POOL.with_borrow_mut(|pool| {
        if pool.used + N > SIZE {
            // No byte is used after a failure.
            pool.used = SIZE;
            getrandom::fill(&mut pool.bytes)?;
            pool.used = 0;
        }
        let bytes = &mut pool.bytes[pool.used..pool.used + N];
        let mut taken = [0; N];
        taken.copy_from_slice(bytes);
        // A used key must not stay in memory.
        bytes.fill(0);
        pool.used += N;
        Ok(taken)
    })
}

/// The number of bytes that one system call fetches.
const SIZE: usize = 512;
