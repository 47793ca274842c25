//! The programs on smol.

use smol::{block_on, net, spawn};
use sockeye::smol as rt;

#[path = "runtime_matrix/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "the programs are the same on each runtime")]
mod runtime_matrix;
