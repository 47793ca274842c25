//! The programs on async-std.

crate::runtime_matrix::test_programs!(sockeye::async_std::AsyncStd, async_std::task::block_on);
