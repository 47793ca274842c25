//! The programs on tokio, on one thread.

use std::future::Future;

use sockeye::tokio as rt;
use tokio::net;

#[path = "runtime_matrix/mod.rs"]
mod runtime_matrix;

fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is a runtime").block_on(test)
}

pub(crate) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let handle = tokio::spawn(task);
    async move { handle.await.expect("the task does not panic") }
}
