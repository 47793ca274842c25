//! The programs on smol.

crate::runtime_matrix::test_programs!(sockeye::smol::Smol, smol::block_on);
