//! CPU cores: the measured process and the load generator have one each.

use std::io;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

/// The core of the measured process.
pub const MEASURED: usize = 0;

/// The core of the load generator.
pub const LOAD: usize = 1;

/// Pins the calling process to one core. Returns false if the machine does not have that core.
pub fn pin(core: usize) -> io::Result<bool> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    match sched_setaffinity(Pid::from_raw(0), &cores) {
        Ok(()) => Ok(true),
        Err(Errno::EINVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Raises the limit of open files to the hard limit, and returns it.
pub fn raise_open_files() -> io::Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}
