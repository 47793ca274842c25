//! The options of the request of the client.

use std::error::Error as StdError;

use clap::Args;
use http::{HeaderName, HeaderValue};
use sockeye::{
    DeflateConfig,
    client::{Connect, Credentials, Dial},
    server::{Origins, Subprotocols},
};

/// The options of the opening handshake.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request options")]
pub(crate) struct Request {
    /// Add a header to the request; may be repeated
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// Offer a subprotocol; may be repeated, in order of preference
    #[arg(long = "subprotocol", short = 's', value_name = "NAME")]
    subprotocols: Vec<String>,

    #[arg(long, help = "Send this Origin header, such as https://example.com")]
    origin: Option<String>,

    /// Send these credentials (Basic), in place of those in the URI
    #[arg(long, value_name = "USER:PASSWORD")]
    auth: Option<String>,

    /// Follow at most this many redirects; with 0, a redirect is a failure
    #[arg(long, value_name = "N", default_value = "5")]
    redirects: usize,

    /// Offer compression (permessage-deflate)
    #[arg(long)]
    compression: bool,
}

impl Request {
    /// Adds the options to a request.
    pub(crate) fn apply<R: sockeye::connection::Sockets>(
        &self,
        request: Connect<R, Dial>,
    ) -> Result<Connect<R, Dial>, Box<dyn StdError>> {
        // Validated here, so that a mistake counts as wrong usage and not as a failure of the server.
        Subprotocols::new(&self.subprotocols)?;
        Origins::list(&self.origin)?;
        let mut request = request.subprotocols(&self.subprotocols).redirects(self.redirects);
        for header in &self.headers {
            let (name, value) = parse_header(header)?;
            request = request.header(name, value);
        }
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        if let Some(auth) = &self.auth {
            request = request.basic_auth(parse_credentials(auth)?);
        }
        if self.compression {
            request = request.compression(DeflateConfig::default());
        }
        Ok(request)
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), Box<dyn StdError>> {
    // The value may be a secret: no error repeats it, and a redirect to another server does not receive it.
    let (name, value) = text.split_once(':').ok_or("a --header has no colon after its name")?;
    let header =
        name.trim().parse().map_err(|_| format!("`{name}` is not the name of a header"))?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| {
        format!("the value of {name} contains characters that a header cannot contain")
    })?;
    value.set_sensitive(true);
    Ok((header, value))
}

fn parse_credentials(text: &str) -> Result<Credentials, Box<dyn StdError>> {
    // No error repeats the text, which is a secret.
    let (user, password) =
        text.split_once(':').ok_or("--auth has no colon between the user and the password")?;
    Credentials::new(user, password).map_err(|_| "--auth contains a control character".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let (name, value) = parse_header("X-Api-Key:  a:b ").expect("it is one");
        assert_eq!((name.as_str(), value.as_bytes()), ("x-api-key", &b"a:b"[..]));
    }

    #[test]
    fn the_value_of_a_bad_header_is_not_repeated() {
        for bad in ["secret", "a b: secret", "authorization: secret\u{7f}"] {
            let error = parse_header(bad).expect_err(bad);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_may_contain_colons_and_is_not_repeated() {
        let credentials = parse_credentials("me:a:b").expect("they are credentials");
        assert_eq!((credentials.user(), credentials.password()), ("me", Some("a:b")));
        for bad in ["secret", "me:secret\n"] {
            let error = parse_credentials(bad).expect_err(bad);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
