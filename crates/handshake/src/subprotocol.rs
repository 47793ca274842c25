//! Subprotocols: [RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9).

use sockeye_errors::{HandshakeError, HeaderErrorKind, InvalidHeader, NegotiationError};

use crate::{
    http1::{HeaderLines, header_names, invalid_header, is_token, tokens},
    request::Request,
};

/// The subprotocols of a client or of a server, in order of preference.
///
/// Each is a token, none occurs twice, and there are at most 64. Names are compared with case.
///
/// # Examples
///
/// ```
/// use sockeye::server::Subprotocols;
///
/// let server = Subprotocols::new(["chat.v2", "chat.v1"])?;
/// let client = Subprotocols::new(["chat.v1", "chat.v2", "other"])?;
/// assert_eq!(server.choose(&client), Some("chat.v2"));
/// assert!(Subprotocols::new(["no token"]).is_err());
/// # Ok::<(), sockeye::error::InvalidHeader>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subprotocols(Vec<String>);

impl Subprotocols {
    /// Creates a list of subprotocols.
    ///
    /// # Errors
    ///
    /// Returns an error if an entry is no token or occurs twice, or if there are more than 64.
    pub fn new<I>(subprotocols: I) -> Result<Self, InvalidHeader>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut list: Vec<String> = Vec::new();
        for subprotocol in subprotocols {
            let subprotocol = subprotocol.into();
            // §4.1: each one is a token, and all are different.
            if list.contains(&subprotocol) {
                let kind = HeaderErrorKind::Duplicate;
                return Err(invalid_header(
                    header_names::SEC_WEBSOCKET_PROTOCOL,
                    subprotocol,
                    kind,
                ));
            }
            if !is_token(subprotocol.as_bytes()) || list.len() == MAX {
                return Err(malformed(&subprotocol));
            }
            list.push(subprotocol);
        }
        Ok(Self(list))
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the subprotocols in order of preference.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns whether the list contains `subprotocol`.
    pub fn contains(&self, subprotocol: &str) -> bool {
        self.iter().any(|one| one == subprotocol)
    }

    /// Returns the first subprotocol that is also in `offered`: the choice of a server with this list.
    pub fn choose(&self, offered: &Self) -> Option<&str> {
        self.first(|subprotocol| offered.contains(subprotocol))
    }

    /// Returns the choice of a server with this list from the subprotocols that a request offers.
    pub fn choose_for(&self, request: &Request) -> Option<&str> {
        // Most servers have no subprotocols and skip the search.
        let offered = if self.is_empty() { Vec::new() } else { request.subprotocols() };
        self.first(|subprotocol| offered.contains(&subprotocol))
    }

    fn first(&self, is_offered: impl Fn(&str) -> bool) -> Option<&str> {
        self.iter().find(|subprotocol| is_offered(subprotocol))
    }

    /// Reads the subprotocols that a client offers, without duplicates; empty if there is no such header.
    pub(crate) fn offered(fields: &HeaderLines<'_>) -> Result<Self, InvalidHeader> {
        let mut list: Vec<String> = Vec::new();
        for token in tokens(fields, header_names::SEC_WEBSOCKET_PROTOCOL, is_token)? {
            if list.iter().any(|one| one == token) {
                continue;
            }
            if list.len() == MAX {
                return Err(malformed(token));
            }
            list.push(token.to_owned());
        }
        Ok(Self(list))
    }

    /// Reads the choice of a server from this list of a client.
    pub(crate) fn chosen(
        &self,
        fields: &HeaderLines<'_>,
    ) -> Result<Option<String>, HandshakeError> {
        // §11.3.4: the header occurs at most once in a response.
        let Some(chosen) = fields.at_most_one(header_names::SEC_WEBSOCKET_PROTOCOL)? else {
            return Ok(None);
        };
        if !is_token(chosen.as_bytes()) {
            return Err(malformed(chosen).into());
        }
        // §4.1: a subprotocol that was not offered fails the connection.
        if !self.contains(chosen) {
            return Err(NegotiationError::UnofferedSubprotocol(chosen.into()).into());
        }
        Ok(Some(chosen.to_owned()))
    }

    /// Returns the value of the header that offers these subprotocols.
    pub(crate) fn to_value(&self) -> String {
        self.iter().collect::<Vec<_>>().join(", ")
    }
}

fn malformed(subprotocol: &str) -> InvalidHeader {
    invalid_header(header_names::SEC_WEBSOCKET_PROTOCOL, subprotocol, HeaderErrorKind::Format)
}

/// The maximum number of subprotocols. The search for a common one is quadratic.
const MAX: usize = 64;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{HeaderErrorKind, Subprotocols};

    #[test]
    fn the_preference_of_the_server_decides() {
        let server = Subprotocols::new(["b", "a"]).unwrap();
        let choose = |offered: &[&str]| {
            server.choose(&Subprotocols::new(offered.iter().copied()).unwrap()).map(str::to_owned)
        };
        assert_eq!(choose(&["a", "b"]), Some("b".into()));
        assert_eq!(choose(&["x", "a"]), Some("a".into()));
        assert_eq!(choose(&["A", "x"]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn a_list_without_subprotocols_is_empty() {
        assert!(Subprotocols::default().is_empty());
        let list = Subprotocols::new(["a", "b"]).unwrap();
        assert!(!list.is_empty());
        assert_eq!(list.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert!(list.contains("b") && !list.contains("c"));
    }

    #[test]
    fn subprotocols_are_tokens_unique_and_few() {
        for bad in ["", "a b", "a,b", "a\r\nb", "é", "\"a\""] {
            assert!(Subprotocols::new([bad]).is_err(), "{bad}");
        }
        let twice = Subprotocols::new(["a", "b", "a"]).unwrap_err();
        assert_eq!((twice.value.as_deref(), twice.kind), (Some("a"), HeaderErrorKind::Duplicate));
        assert!(Subprotocols::new((0..64).map(|n| n.to_string())).is_ok());
        assert!(Subprotocols::new((0..65).map(|n| n.to_string())).is_err());
    }
}
