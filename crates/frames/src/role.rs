//! The two endpoints of a connection: [RFC 6455 §5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1).

/// The role of an endpoint: a client masks its frames, a server does not.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two endpoints")]
pub enum Role {
    /// The endpoint that opened the connection.
    Client,
    /// The endpoint that accepted the connection.
    Server,
}

impl Role {
    /// Returns the role of the peer.
    #[inline]
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn each_end_is_the_opposite_of_the_other() {
        assert_eq!(Role::Client.opposite(), Role::Server);
        assert_eq!(Role::Server.opposite(), Role::Client);
    }
}
