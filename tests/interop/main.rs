#![forbid(unsafe_code)]
//! Programs and networks that the system has to provide: `cargo xtask ci proxies namespaces` installs them and runs these tests.

mod namespaces;
mod real_proxies;
