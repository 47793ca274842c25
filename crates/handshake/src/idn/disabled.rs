//! Without the feature `idn`, a host name must be ASCII.

/// Returns an error for a host name that is not ASCII.
pub(crate) fn to_ascii(_host: &str) -> Result<String, &'static str> {
    Err("the host is not ASCII: write it in its xn-- form, or enable the feature `idn`")
}
