//! Offer, answer and agreement: [RFC 7692 §5](https://www.rfc-editor.org/rfc/rfc7692#section-5) and
//! [§7.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.1).

use sockeye_errors::{HandshakeError, InvalidParameterValue, NegotiationError};

use crate::{
    DeflateConfig, Parameter,
    deflate::{DEFAULT_WINDOW_BITS, MAX_WINDOW_BITS},
    parameters::{
        CLIENT_MAX_WINDOW_BITS, Parameters, SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER,
    },
};

/// The agreement of client and server, as seen by one of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// The compression of this side.
    pub ours: Direction,
    /// The compression of the peer.
    pub theirs: Direction,
}

/// The compression of the messages in one direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Direction {
    /// The size of the window: repetitions refer to at most the last 2^n bytes, with n from 8 to 15.
    pub window_bits: u8,
    /// Whether a message may refer to earlier ones.
    pub takeover: bool,
}

impl DeflateConfig {
    /// Returns the offers of a client: the elements of `Sec-WebSocket-Extensions`, in order of preference.
    pub fn offers(&self) -> Vec<Vec<Parameter>> {
        let offer = Parameters {
            server_no_context_takeover: self.peer_no_context_takeover,
            client_no_context_takeover: self.no_context_takeover,
            server_max_window_bits: self.peer_window_bits.filter(|&bits| bits < MAX_WINDOW_BITS),
            client_max_window_bits: Some(self.offered_window_bits()),
        };
        vec![offer.to_list()]
    }

    /// Returns the response of a server to one offer, and the agreement.
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is unknown, occurs twice or is malformed. The server then declines this offer and
    /// continues with the next one.
    fn answer<N, V>(
        &self,
        offer: &[(N, Option<V>)],
    ) -> Result<(Vec<Parameter>, Agreement), HandshakeError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let offer = Parameters::parse(offer)?;
        let own_bits = self.window_bits.unwrap_or(DEFAULT_WINDOW_BITS);
        let peer_bits = self.peer_window_bits.unwrap_or(DEFAULT_WINDOW_BITS);

        let no_takeover = offer.server_no_context_takeover || self.no_context_takeover;
        // RFC 7692 §7.1.1.2: a server may request this, regardless of the client's offer.
        let peer_no_takeover = offer.client_no_context_takeover || self.peer_no_context_takeover;
        // RFC 7692 §7.1.2.1: the window is at most the one that the client requests. A server may announce a smaller one without
        // a request, but some clients refuse that, and a smaller window needs no announcement.
        let bits = offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS).min(own_bits);
        // RFC 7692 §7.1.2.2: a server can limit only a client that offers it.
        let peer_bits = match offer.client_max_window_bits {
            Some(offered) => offered.unwrap_or(MAX_WINDOW_BITS).min(peer_bits),
            None => MAX_WINDOW_BITS,
        };

        let is_requested = offer.server_max_window_bits.is_some();
        let answer = Parameters {
            server_no_context_takeover: no_takeover,
            client_no_context_takeover: peer_no_takeover,
            server_max_window_bits: Some(bits).filter(|_| is_requested),
            client_max_window_bits: Some(Some(peer_bits)).filter(|_| peer_bits < MAX_WINDOW_BITS),
        };
        let agreement = Agreement {
            ours: Direction { window_bits: bits, takeover: !no_takeover },
            theirs: Direction { window_bits: peer_bits, takeover: !peer_no_takeover },
        };
        Ok((answer.to_list(), agreement))
    }

    /// Returns the response of a server to the first acceptable offer: its index in the list, the parameters of the response,
    /// and the agreement.
    ///
    /// Returns `None` if no offer is acceptable. Messages are then not compressed.
    pub fn answer_first<O, N, V>(&self, offers: &[O]) -> Option<(usize, Vec<Parameter>, Agreement)>
    where
        O: AsRef<[(N, Option<V>)]>,
        N: AsRef<str>,
        V: AsRef<str>,
    {
        offers.iter().enumerate().find_map(|(index, offer)| {
            let (answer, agreement) = self.answer(offer.as_ref()).ok()?;
            Some((index, answer, agreement))
        })
    }

    /// Returns the agreement of a client, given the response of the server.
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is unknown, occurs twice or is malformed, if the server does not grant a parameter that
    /// the client requires, or if it requests a larger window of the client than the client offered.
    pub fn accept<N, V>(&self, answer: &[(N, Option<V>)]) -> Result<Agreement, HandshakeError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let answer = Parameters::parse(answer)?;

        // RFC 7692 §7.1.1.1: a server that accepts the offer responds with the parameter.
        if self.peer_no_context_takeover && !answer.server_no_context_takeover {
            return Err(missing(SERVER_NO_CONTEXT_TAKEOVER));
        }
        // RFC 7692 §7.1.2.1: the response contains the same window or a smaller one.
        let peer_bits = answer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        if self.peer_window_bits.is_some_and(|needed| peer_bits > needed) {
            return Err(missing(SERVER_MAX_WINDOW_BITS));
        }
        // RFC 7692 §7.1.2.2: in a response the parameter has a value, which is at most the offered one.
        let bits = match answer.client_max_window_bits {
            None => MAX_WINDOW_BITS,
            Some(Some(bits)) if self.offered_window_bits().is_none_or(|max| bits <= max) => bits,
            Some(bits) => {
                let value = bits.map(|bits| bits.to_string()).unwrap_or_default();
                return Err(InvalidParameterValue::new(CLIENT_MAX_WINDOW_BITS, value).into());
            }
        };

        let own_bits = self.window_bits.unwrap_or(DEFAULT_WINDOW_BITS);
        // A client may always use a smaller window than agreed, and drop its context.
        let takeover = !answer.client_no_context_takeover && !self.no_context_takeover;
        let peer_takeover = !answer.server_no_context_takeover;
        Ok(Agreement {
            ours: Direction { window_bits: bits.min(own_bits), takeover },
            theirs: Direction { window_bits: peer_bits, takeover: peer_takeover },
        })
    }

    /// Returns the value of `client_max_window_bits` in the offer of this client. Some servers do not support a value, so the
    /// offer contains one only if the application set it.
    fn offered_window_bits(&self) -> Option<u8> {
        self.window_bits.filter(|&bits| bits < MAX_WINDOW_BITS)
    }
}

fn missing(name: &str) -> HandshakeError {
    NegotiationError::MissingParameter(name.into()).into()
}
