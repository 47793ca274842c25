//! The programs on tokio, on one thread.

use sockeye_tests::all_runtimes::block_on;

crate::runtime_matrix::test_programs!(sockeye::tokio::Tokio, super::block_on);
