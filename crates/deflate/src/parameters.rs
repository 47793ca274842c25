//! The four parameters of the extension: [RFC 7692 §7.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.1).

use sockeye_errors::{
    DuplicateParameter, HandshakeError, InvalidParameterName, InvalidParameterValue,
};

use crate::deflate::WINDOW_BITS;

/// The name of the extension in `Sec-WebSocket-Extensions`.
pub const EXTENSION: &str = "permessage-deflate";

/// A parameter of the extension: the name, and the value if there is one.
pub type Parameter = (String, Option<String>);

/// The parameters of an offer or of a response.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) server_no_context_takeover: bool,
    pub(crate) client_no_context_takeover: bool,
    pub(crate) server_max_window_bits: Option<u8>,
    #[expect(clippy::option_option, reason = "an offer may hold this parameter without a value")]
    pub(crate) client_max_window_bits: Option<Option<u8>>,
}

impl Parameters {
    /// Parses the parameters of the peer.
    ///
    /// # Errors
    ///
    /// Returns an error if a name is unknown or occurs twice, or if a value is missing, malformed or superfluous.
    pub(crate) fn parse<N, V>(list: &[(N, Option<V>)]) -> Result<Self, HandshakeError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut parameters = Self::default();
        for (name, value) in list {
            let name = name.as_ref();
            let value = value.as_ref().map(AsRef::as_ref);
            // RFC 7692 §7.1: no parameter occurs twice.
            let is_new = match name {
                SERVER_NO_CONTEXT_TAKEOVER => {
                    set(&mut parameters.server_no_context_takeover, flag(name, value)?)
                }
                CLIENT_NO_CONTEXT_TAKEOVER => {
                    set(&mut parameters.client_no_context_takeover, flag(name, value)?)
                }
                SERVER_MAX_WINDOW_BITS => {
                    let bits = window_bits(name, value.unwrap_or_default())?;
                    set(&mut parameters.server_max_window_bits, Some(bits))
                }
                CLIENT_MAX_WINDOW_BITS => {
                    let bits = value.map(|value| window_bits(name, value)).transpose()?;
                    set(&mut parameters.client_max_window_bits, Some(bits))
                }
                _ => return Err(InvalidParameterName::new(name).into()),
            };
            if !is_new {
                return Err(DuplicateParameter::new(name).into());
            }
        }
        Ok(parameters)
    }

    /// Returns the parameters for the header.
    pub(crate) fn to_list(self) -> Vec<Parameter> {
        let flag = |set: bool, name: &str| set.then(|| (name.to_owned(), None));
        let bits = |bits: Option<u8>| bits.map(|bits| bits.to_string());
        [
            flag(self.server_no_context_takeover, SERVER_NO_CONTEXT_TAKEOVER),
            flag(self.client_no_context_takeover, CLIENT_NO_CONTEXT_TAKEOVER),
            self.server_max_window_bits
                .map(|value| (SERVER_MAX_WINDOW_BITS.to_owned(), bits(Some(value)))),
            self.client_max_window_bits
                .map(|value| (CLIENT_MAX_WINDOW_BITS.to_owned(), bits(value))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Sets a parameter, and returns whether it was not set before.
fn set<T: Default + PartialEq>(slot: &mut T, value: T) -> bool {
    std::mem::replace(slot, value) == T::default()
}

/// RFC 7692 §7.1.1: the parameters for the takeover of the context have no value.
fn flag(name: &str, value: Option<&str>) -> Result<bool, HandshakeError> {
    match value {
        None => Ok(true),
        Some(value) => Err(InvalidParameterValue::new(name, value).into()),
    }
}

/// RFC 7692 §7.1.2: the value is a decimal number from 8 to 15 without leading zeros.
fn window_bits(name: &str, value: &str) -> Result<u8, HandshakeError> {
    let digits = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(bits) if digits && WINDOW_BITS.contains(&bits) => Ok(bits),
        _ => Err(InvalidParameterValue::new(name, value).into()),
    }
}

pub(crate) const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
pub(crate) const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
pub(crate) const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
pub(crate) const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

#[cfg(test)]
mod tests {
    use sockeye_errors::HandshakeError;

    use super::*;

    fn parse(list: &[(&str, Option<&str>)]) -> Result<Parameters, HandshakeError> {
        Parameters::parse(list)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for server_bits in [None, Some(8), Some(15)] {
            for client_bits in [None, Some(None), Some(Some(8)), Some(Some(15))] {
                for flags in 0..4 {
                    let parameters = Parameters {
                        server_no_context_takeover: flags & 1 != 0,
                        client_no_context_takeover: flags & 2 != 0,
                        server_max_window_bits: server_bits,
                        client_max_window_bits: client_bits,
                    };
                    assert_eq!(Parameters::parse(&parameters.to_list()), Ok(parameters));
                }
            }
        }
    }

    #[test]
    fn a_window_is_8_to_15_in_plain_decimal() {
        for bits in 0..=300 {
            let text = bits.to_string();
            let result = parse(&[(SERVER_MAX_WINDOW_BITS, Some(&text))]);
            assert_eq!(result.is_ok(), (8..=15).contains(&bits), "{bits}");
        }
        for text in ["", "08", "015", "+9", "-1", "15x", "\"15\"", "1e1", " 9", "9 ", "٩", "0x9"] {
            for name in [SERVER_MAX_WINDOW_BITS, CLIENT_MAX_WINDOW_BITS] {
                let result = parse(&[(name, Some(text))]);
                let error = InvalidParameterValue::new(name, text).into();
                assert_eq!(result, Err(error), "{name}={text}");
            }
        }
    }

    #[test]
    fn a_flag_has_no_value_and_the_window_of_the_server_has_one() {
        for name in [SERVER_NO_CONTEXT_TAKEOVER, CLIENT_NO_CONTEXT_TAKEOVER] {
            assert!(parse(&[(name, None)]).is_ok());
            for value in ["", "true", "8"] {
                let result = parse(&[(name, Some(value))]);
                assert_eq!(result, Err(InvalidParameterValue::new(name, value).into()));
            }
        }
        let error = InvalidParameterValue::new(SERVER_MAX_WINDOW_BITS, "").into();
        assert_eq!(parse(&[(SERVER_MAX_WINDOW_BITS, None)]), Err(error));
    }

    #[test]
    fn a_parameter_occurs_once() {
        for (name, value) in [
            (SERVER_NO_CONTEXT_TAKEOVER, None),
            (CLIENT_NO_CONTEXT_TAKEOVER, None),
            (SERVER_MAX_WINDOW_BITS, Some("10")),
            (CLIENT_MAX_WINDOW_BITS, None),
            (CLIENT_MAX_WINDOW_BITS, Some("10")),
        ] {
            let result = parse(&[(name, value), (name, value)]);
            assert_eq!(result, Err(DuplicateParameter::new(name).into()));
        }
    }

    #[test]
    fn names_are_exact() {
        for name in ["", "x", "Server_max_window_bits", "server_max_window_bits "] {
            let result = parse(&[(name, Some("10"))]);
            assert_eq!(result, Err(InvalidParameterName::new(name).into()));
        }
    }
}
