//! A function of the application that opens the transport, in place of TCP.

use std::{fmt, future::Future, io, pin::Pin, sync::Arc};

use sockeye_net::{DynStream, Io};

/// A function of the application that connects to a host and a port.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn(String, u16) -> Connecting + Send + Sync>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<DynStream>> + Send>>;

impl Connector {
    pub(crate) fn new<R, S, C, F>(connect: C) -> Self
    where
        R: Io<S> + 'static,
        S: Send + Unpin + 'static,
        C: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        Self(Arc::new(move |host, port| {
            let stream = connect(host, port);
            Box::pin(async move { Ok(DynStream::new::<S, R>(stream.await?)) })
        }))
    }

    pub(crate) fn connect(&self, host: &str, port: u16) -> Connecting {
        (self.0)(host.to_owned(), port)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
