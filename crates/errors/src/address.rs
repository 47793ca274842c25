//! Failures of the network at an address.

use std::{error::Error as StdError, fmt, io};

use crate::remote::Remote;

/// A failure of the network, and the address where it happened.
///
/// [`Error::Io`](crate::Error::Io) contains this error if connecting, listening or resolving a name failed. It can be nested:
/// the address of the server outside, the local address that is not available inside.
///
/// The surrounding [`io::Error`] has the same kind as [`error`](Self::error), and its text is that of `error` behind the
/// address. [`io::Error::get_ref`] and `downcast_ref` find the original, for example for its
/// [code](io::Error::raw_os_error).
#[derive(Debug)]
#[non_exhaustive]
pub struct AddressError {
    /// The address: a socket address, a host name, an interface, or the path of a Unix socket. Empty if it is not known.
    pub address: String,
    /// The failure.
    pub error: io::Error,
    pub(crate) remote: Remote,
}

impl AddressError {
    /// Adds the address to a failure.
    pub fn new(address: impl Into<String>, error: io::Error) -> Self {
        Self { address: address.into(), error, remote: Remote::NONE }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.address.is_empty() {
            write!(f, "{}: ", self.address)?;
        }
        self.error.fmt(f)
    }
}

impl StdError for AddressError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // `error` is the same failure, which `Display` prints. It is not the cause of this error.
        self.error.source()
    }
}

impl From<AddressError> for io::Error {
    fn from(error: AddressError) -> Self {
        Self::new(error.error.kind(), error)
    }
}

/// Returns the address in an I/O error, if it has one.
pub(crate) fn address_of(error: &io::Error) -> Option<&AddressError> {
    error.get_ref()?.downcast_ref()
}
