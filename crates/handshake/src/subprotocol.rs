//! Subprotocols: [RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9).

use sockeye_errors::{HandshakeError, HeaderProblem, InvalidHeader, NegotiationError};

use crate::{
    http1::{HeaderLines, header_names, invalid_header, is_token, tokens},
    request::Request,
};

/// The subprotocols that a side speaks, the one it likes best first.
///
/// Each is a token, none occurs twice, and there are at most 64. Upper and lower case differ.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subprotocols(Vec<String>);

impl Subprotocols {
    /// Makes a list of subprotocols.
    ///
    /// # Errors
    ///
    /// When one is no token, when one occurs twice, or when there are more than 64.
    pub fn new<I>(subprotocols: I) -> Result<Self, InvalidHeader>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut list: Vec<String> = Vec::new();
        for subprotocol in subprotocols {
            let subprotocol = subprotocol.into();
            // §4.1: each one is a token, and they are all different.
            if list.contains(&subprotocol) {
                let problem = HeaderProblem::Duplicate;
                return Err(invalid_header(
                    header_names::SEC_WEBSOCKET_PROTOCOL,
                    subprotocol,
                    problem,
                ));
            }
            if !is_token(subprotocol.as_bytes()) || list.len() == MAX {
                return Err(malformed(&subprotocol));
            }
            list.push(subprotocol);
        }
        Ok(Self(list))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The subprotocols, in order of preference.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `subprotocol` is one of them.
    pub fn contains(&self, subprotocol: &str) -> bool {
        self.iter().any(|one| one == subprotocol)
    }

    /// The first one that is also among `offered`: the choice of a server whose subprotocols these
    /// are.
    pub fn choose(&self, offered: &Self) -> Option<&str> {
        self.first(|subprotocol| offered.contains(subprotocol))
    }

    /// The same choice, from what a request offers.
    pub fn choose_for(&self, request: &Request) -> Option<&str> {
        // Most servers have none, and need not look.
        let offered = if self.is_empty() { Vec::new() } else { request.subprotocols() };
        self.first(|subprotocol| offered.contains(&subprotocol))
    }

    fn first(&self, is_offered: impl Fn(&str) -> bool) -> Option<&str> {
        self.iter().find(|subprotocol| is_offered(subprotocol))
    }

    /// Reads what a client offers; empty where it has no such header. What it offers twice, it
    /// offers once.
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

    /// Reads what a server chose of these, which the client offered.
    pub(crate) fn chosen(
        &self,
        fields: &HeaderLines<'_>,
    ) -> Result<Option<String>, HandshakeError> {
        // §11.3.4: the header may be there only once in a response.
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

    /// The value of the header that offers them.
    pub(crate) fn to_value(&self) -> String {
        self.iter().collect::<Vec<_>>().join(", ")
    }
}

fn malformed(subprotocol: &str) -> InvalidHeader {
    invalid_header(header_names::SEC_WEBSOCKET_PROTOCOL, subprotocol, HeaderProblem::Format)
}

/// Enough for anyone; the search for the common one is quadratic.
const MAX: usize = 64;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{HeaderProblem, Subprotocols};

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
    fn subprotocols_are_tokens_unique_and_few() {
        for bad in ["", "a b", "a,b", "a\r\nb", "é", "\"a\""] {
            assert!(Subprotocols::new([bad]).is_err(), "{bad}");
        }
        let twice = Subprotocols::new(["a", "b", "a"]).unwrap_err();
        assert_eq!((twice.value.as_deref(), twice.problem), (Some("a"), HeaderProblem::Duplicate));
        assert!(Subprotocols::new((0..64).map(|n| n.to_string())).is_ok());
        assert!(Subprotocols::new((0..65).map(|n| n.to_string())).is_err());
    }
}
