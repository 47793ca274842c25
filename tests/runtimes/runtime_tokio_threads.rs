//! The programs on tokio, on several threads.

use std::future::Future;

use sockeye::tokio as rt;
use tokio::net;

use crate::runtime_tokio::spawn;

#[path = "runtime_matrix/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "the programs are the same on each runtime")]
mod runtime_matrix;

fn block_on<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(3).enable_all().build();
    runtime.expect("there is a runtime").block_on(test)
}
