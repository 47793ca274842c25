//! Proxies of a few lines that report the requests they receive.

mod connect;
mod https;
mod socks;

pub use connect::connect_proxy;
pub use https::https_proxy;
pub use socks::socks_proxy;
