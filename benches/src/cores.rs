//! The cores: the server has one, the load generator another, so that neither is measured with the other.

use std::io;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

/// The core of the measured server.
pub const SERVER: usize = 0;

/// The core of the load generator.
pub const LOAD: usize = 1;

/// Pins the calling process to one core, and says whether the machine has that core.
pub fn pin(core: usize) -> io::Result<bool> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    match sched_setaffinity(Pid::from_raw(0), &cores) {
        Ok(()) => Ok(true),
        Err(Errno::EINVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Raises the number of files that may be open to the hard limit, and returns it.
pub fn raise_open_files() -> io::Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}
