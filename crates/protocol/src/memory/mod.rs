//! Memory that a thread shares between its connections, and memory that a connection needs only at times.

pub(crate) mod buffer_pool;

mod lazy;
pub(crate) use lazy::Lazy;

pub mod read_buffer;
pub(crate) use read_buffer::ReadBuffer;
