//! I/O errors that name the address they concern.

use std::{fmt, io};

use sockeye_errors::AddressError;

/// Adds the address to an I/O error, for use with `map_err`.
pub fn with_address(address: impl fmt::Display) -> impl FnOnce(io::Error) -> io::Error {
    move |error| AddressError::new(address.to_string(), error).into()
}

/// Returns the error for a host without a usable address.
pub fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address that can be used")
}
