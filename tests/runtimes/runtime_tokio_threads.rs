//! The programs on tokio, on several threads.

crate::runtime_matrix::test_programs!(sockeye::tokio::Tokio, super::block_on);

fn block_on<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(3).enable_all().build();
    runtime.expect("there is a runtime").block_on(test)
}
