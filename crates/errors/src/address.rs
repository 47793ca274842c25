//! What the network says about an address.

use std::{error::Error as StdError, fmt, io};

/// A failure of the network, and the address that it is about: what is inside of [`Error::Io`](crate::Error::Io) where
/// nobody could be connected to, no name be looked up, or no address be listened on. It may be inside of another one: at the
/// address of a server, that the local address cannot be had.
///
/// The kind of the [`io::Error`] around it is that of the failure, and so is the text, behind the address. The failure
/// itself, such as with its [code](io::Error::raw_os_error), is found by [`io::Error::get_ref`] and `downcast_ref`.
#[derive(Debug)]
#[non_exhaustive]
pub struct AddressError {
    /// The address: with its port; or the name of a host that was looked up, of an interface, or of a Unix socket.
    pub address: String,
    /// What went wrong there.
    pub error: io::Error,
}

impl AddressError {
    /// Says of which address this is true.
    pub fn new(address: impl Into<String>, error: io::Error) -> Self {
        Self { address: address.into(), error }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.error)
    }
}

impl StdError for AddressError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The failure is this one, and no cause of it.
        self.error.source()
    }
}

impl From<AddressError> for io::Error {
    fn from(error: AddressError) -> Self {
        Self::new(error.error.kind(), error)
    }
}
