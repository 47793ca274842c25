//! The interface of proxies without the feature `proxy`: every host is reached directly.

use std::convert::Infallible;

use http::HeaderMap;
use sockeye_errors::Error;
use sockeye_net::{Deadline, Sockets, Stream, TcpOptions, tls::ClientTls};

/// The selection of a proxy: none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(());

#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the method with the feature `proxy` can fail"
)]
impl Proxies {
    pub(crate) fn select(&self, _: bool, _: &str, _: u16) -> Result<Option<Infallible>, Error> {
        Ok(None)
    }
}

pub(crate) async fn tunnel<R: Sockets>(
    proxy: &Infallible,
    _: HeaderMap,
    _: (&str, u16),
    _: &TcpOptions,
    _: &ClientTls,
    _: Deadline,
) -> Result<Stream<R>, Error> {
    match *proxy {}
}
