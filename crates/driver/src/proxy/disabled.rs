//! There are no proxies: every host is reached directly.

use std::convert::Infallible;

use sockeye_errors::Error;

use crate::{Runtime, Stream, TcpOptions, deadline::Deadline, tls::ClientTls};

/// Which proxy leads to which host: none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(());

#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "that of the other twin can fail"
)]
impl Proxies {
    pub(crate) fn select(&self, _: bool, _: &str, _: u16) -> Result<Option<Infallible>, Error> {
        Ok(None)
    }
}

pub(crate) async fn tunnel<R: Runtime>(
    proxy: &Infallible,
    _: (&str, u16),
    _: &TcpOptions,
    _: &ClientTls,
    _: Deadline,
) -> Result<Stream<R>, Error> {
    match *proxy {}
}
