//! The programs on async-std.

use std::future::Future;

use async_std::{
    net,
    task::{self, block_on},
};
use sockeye::async_std as rt;

#[path = "runtime_matrix/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "the programs are the same on each runtime")]
mod runtime_matrix;

fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    task::spawn(task)
}
