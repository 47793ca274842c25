//! The remote side that an error is about.

use std::fmt;

/// The server, the peer and the proxy that an error is about, as far as they are known.
///
/// A single pointer, because it is part of most errors. It does not take part in comparisons: two errors are equal if
/// the same thing went wrong.
#[derive(Clone, Default)]
pub(crate) struct Remote(Option<Box<Parts>>);

#[derive(Clone, Debug, Default)]
struct Parts {
    uri: Option<String>,
    peer: Option<String>,
    proxy: Option<String>,
}

impl Remote {
    /// An unknown remote side, for constructors.
    pub(crate) const NONE: Self = Self(None);

    /// The URI that the client connects to.
    pub(crate) fn uri(&self) -> Option<&str> {
        self.0.as_ref()?.uri.as_deref()
    }

    /// The address of the peer.
    pub(crate) fn peer(&self) -> Option<&str> {
        self.0.as_ref()?.peer.as_deref()
    }

    /// The proxy that the client connects through.
    pub(crate) fn proxy(&self) -> Option<&str> {
        self.0.as_ref()?.proxy.as_deref()
    }

    /// Sets the URI without its query, which may contain a token.
    pub(crate) fn set_uri(&mut self, uri: impl fmt::Display) {
        let uri = uri.to_string();
        let uri = uri.split('?').next().unwrap_or_default();
        set(&mut self.0.get_or_insert_default().uri, uri);
    }

    pub(crate) fn set_peer(&mut self, peer: impl fmt::Display) {
        set(&mut self.0.get_or_insert_default().peer, peer);
    }

    pub(crate) fn set_proxy(&mut self, proxy: impl fmt::Display) {
        set(&mut self.0.get_or_insert_default().proxy, proxy);
    }
}

/// The innermost caller knows best: with redirects, it is the one that knows the URI that failed.
fn set(slot: &mut Option<String>, value: impl fmt::Display) {
    slot.get_or_insert_with(|| value.to_string());
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(remote) => fmt::Debug::fmt(remote, f),
            None => f.write_str("None"),
        }
    }
}

impl PartialEq for Remote {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Remote {}
