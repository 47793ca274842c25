//! The proxies of environment variables: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1) and the conventions of
//! command-line tools.

use sockeye_errors::{InvalidProxy, ProxyError};

use crate::{host::Host, proxy::Proxy};

mod no_proxy;
use no_proxy::NoProxy;

/// The proxies of environment variables, and the hosts that are connected to directly.
///
/// | for | the first of these that is set and not empty |
/// | --- | --- |
/// | `wss` | `wss_proxy`, `https_proxy`, `all_proxy` |
/// | `ws` | `ws_proxy`, `https_proxy`, `http_proxy`, `all_proxy` |
///
/// Each name is looked up in lower case, then in upper case. A `ws` connection prefers `https_proxy` to `http_proxy`, as RFC 6455
/// advises: it needs a tunnel like `wss`, which proxies for `https` provide. If `REQUEST_METHOD` is set, `HTTP_PROXY` is ignored:
/// under CGI it holds the header `Proxy` of a client's request. A value without a scheme, such as `proxy.example.com:3128`, means
/// `http`, and `socks://`, which GNOME sets, means `socks5h://`.
///
/// `no_proxy`, or else `NO_PROXY`, lists the hosts that are connected to directly, separated by commas or white space:
///
/// | entry | matches |
/// | --- | --- |
/// | `*` | every host |
/// | `example.com`, `.example.com` | the host and its subdomains, but not `notexample.com` |
/// | `*.example.com` | the subdomains |
/// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` | the address |
/// | `10.0.0.0/8`, `fd00::/8` | the addresses of the network |
/// | any of these but networks, and `:8080` (an IPv6 address then in brackets) | the same, on this port only |
///
/// Names are compared without case and without a final dot. They must be ASCII; an internationalized name is written `xn--...`.
/// Names are not resolved: an address matches only a host that is written as an address. An invalid entry matches nothing.
/// Loopback addresses, `localhost` and its subdomains are always connected to directly.
///
/// # Examples
///
/// ```
/// use sockeye_proxy::Environment;
///
/// let environment = Environment::new(|name| match name {
///     "all_proxy" => Some("socks5h://127.0.0.1:9050".to_owned()),
///     "no_proxy" => Some("internal.example.com".to_owned()),
///     _ => None,
/// });
/// let proxy = environment.select(true, "example.org", 443)?.expect("a proxy");
/// assert_eq!(proxy.to_string(), "socks5h://127.0.0.1:9050");
/// assert_eq!(environment.select(true, "chat.internal.example.com", 443)?, None);
/// # Ok::<(), sockeye_errors::ProxyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Environment {
    secure: Option<Result<Proxy, ProxyError>>,
    plain: Option<Result<Proxy, ProxyError>>,
    no_proxy: NoProxy,
}

impl Environment {
    /// Reads the variables through `lookup`, which returns the value of the variable with a name.
    ///
    /// `|name| std::env::var(name).ok()` reads those of the process.
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let find = |name: &'static str| {
            let value = lookup(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (name, value.to_owned()))
        };
        let is_cgi = || lookup("REQUEST_METHOD").is_some();
        let any = |names: &[&'static str]| names.iter().find_map(|name| find(name));

        let wss = || any(&["wss_proxy", "WSS_PROXY"]);
        let ws = || any(&["ws_proxy", "WS_PROXY"]);
        // Read once for both schemes: a client reads the variables whenever it connects.
        let https = any(&["https_proxy", "HTTPS_PROXY"]);
        let https = || https.clone();
        // On Windows the two names are one variable.
        let http = || match is_cgi() {
            false => any(&["http_proxy", "HTTP_PROXY"]),
            true if cfg!(windows) => None,
            true => find("http_proxy"),
        };
        let all = any(&["all_proxy", "ALL_PROXY"]);
        let all = || all.clone();

        let secure = wss().or_else(https).or_else(all);
        let plain = ws().or_else(https).or_else(http).or_else(all);
        if secure.is_none() && plain.is_none() {
            return Self::default();
        }
        let no_proxy = any(&["no_proxy", "NO_PROXY"]);
        Self {
            secure: secure.map(parse),
            plain: plain.map(parse),
            no_proxy: no_proxy.map(|(_, list)| NoProxy::parse(&list)).unwrap_or_default(),
        }
    }

    /// Returns the proxy for a connection to this host and port; `None` for a direct connection. `secure` stands for `wss`.
    ///
    /// # Errors
    ///
    /// Returns an error if the value of the variable that applies is not the URI of a proxy.
    pub fn select(&self, secure: bool, host: &str, port: u16) -> Result<Option<Proxy>, ProxyError> {
        let host = Host::parse(host).ok();
        let is_loopback = host.as_ref().is_some_and(Host::is_loopback);
        if is_loopback || self.no_proxy.matches(host.as_ref(), port) {
            return Ok(None);
        }
        let proxy = if secure { &self.secure } else { &self.plain };
        proxy.clone().transpose()
    }
}

fn parse((name, value): (&str, String)) -> Result<Proxy, ProxyError> {
    let uri = if value.contains("://") { value } else { format!("http://{value}") };
    Proxy::parse(&uri).map_err(|reason| {
        let reason = format!("{reason}; it is the value of the environment variable {name}");
        InvalidProxy::new(&uri, reason).into()
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use sockeye_errors::ProxyError;

    use super::Environment;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The hosts of the proxies for `wss` and `ws`.
    fn selected(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let environment = environment(variables);
        [true, false].map(|secure| {
            let proxy =
                environment.select(secure, "example.com", 8765).expect("no broken variable");
            proxy.map(|proxy| proxy.host().to_owned())
        })
    }

    #[test]
    fn the_most_specific_variable_counts() {
        let all = [
            ("wss_proxy", "http://a"),
            ("WSS_PROXY", "http://b"),
            ("ws_proxy", "http://c"),
            ("WS_PROXY", "http://d"),
            ("https_proxy", "http://e"),
            ("HTTPS_PROXY", "http://f"),
            ("http_proxy", "http://g"),
            ("HTTP_PROXY", "http://h"),
            ("all_proxy", "http://i"),
            ("ALL_PROXY", "http://j"),
        ];
        let wss = ["a", "b", "e", "e", "e", "f", "i", "i", "i", "j"];
        let ws = ["c", "c", "c", "d", "e", "f", "g", "h", "i", "j"];
        for first in 0..all.len() {
            let expected = [wss[first], ws[first]].map(|host| Some(host.to_owned()));
            assert_eq!(selected(&all[first..]), expected, "from {}", all[first].0);
        }
        assert_eq!(selected(&[]), [None, None]);
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let variables = [("wss_proxy", ""), ("https_proxy", " \t"), ("all_proxy", " http://a ")];
        assert_eq!(selected(&variables), [Some("a".to_owned()), Some("a".to_owned())]);
    }

    #[test]
    fn without_a_proxy_each_variable_is_read_at_most_once() {
        let read = RefCell::new(Vec::new());
        Environment::new(|name| {
            read.borrow_mut().push(name.to_owned());
            None
        });
        let mut read = read.into_inner();
        read.sort();
        let count = read.len();
        read.dedup();
        assert_eq!(read.len(), count, "{read:?}");
        assert!(!read.iter().any(|name| name.eq_ignore_ascii_case("no_proxy")), "{read:?}");
    }

    #[test]
    fn under_cgi_the_upper_case_http_proxy_is_ignored() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(selected(&[cgi, ("HTTP_PROXY", "http://evil")]), [None, None]);
        let both = selected(&[cgi, ("HTTP_PROXY", "http://evil"), ("all_proxy", "http://a")]);
        assert_eq!(both[1].as_deref(), Some("a"));
        assert_eq!(selected(&[("HTTP_PROXY", "http://a")])[1].as_deref(), Some("a"));
        // An empty method is still CGI.
        assert_eq!(selected(&[("REQUEST_METHOD", ""), ("HTTP_PROXY", "http://evil")])[1], None);
    }

    #[test]
    #[cfg(not(windows))]
    fn under_cgi_the_lower_case_http_proxy_counts() {
        let variables =
            [("REQUEST_METHOD", "GET"), ("http_proxy", "http://a"), ("HTTP_PROXY", "http://evil")];
        assert_eq!(selected(&variables)[1].as_deref(), Some("a"));
    }

    #[test]
    fn a_value_without_a_scheme_means_http() {
        let environment = environment(&[("all_proxy", "me:pw@proxy:3128")]);
        let Ok(Some(proxy)) = environment.select(true, "h", 1) else { panic!("no proxy") };
        assert_eq!(proxy.to_string(), "http://***@proxy:3128");
        assert_eq!(proxy.credentials(), Some(("me", "pw")));
    }

    #[test]
    fn a_socks_proxy_without_a_version_means_socks_5() {
        let environment = environment(&[("all_proxy", "socks://127.0.0.1:1080/")]);
        for secure in [true, false] {
            let Ok(Some(proxy)) = environment.select(secure, "h", 1) else { panic!("no proxy") };
            assert_eq!(proxy.to_string(), "socks5h://127.0.0.1:1080");
        }
    }

    #[test]
    fn a_broken_variable_fails_only_where_it_counts() {
        let environment = environment(&[
            ("HTTPS_PROXY", "ftp://me:secret@h"),
            ("ws_proxy", "socks5h://h"),
            ("no_proxy", "direct"),
        ]);
        let Err(ProxyError::InvalidProxy(error)) = environment.select(true, "h", 1) else {
            panic!("another error");
        };
        assert_eq!(error.proxy, "ftp://***@h");
        let end = "; it is the value of the environment variable HTTPS_PROXY";
        assert!(error.reason.ends_with(end), "{}", error.reason);
        assert!(environment.select(false, "h", 1).is_ok_and(|proxy| proxy.is_some()));
        assert_eq!(environment.select(true, "direct", 1), Ok(None));
        assert!(!format!("{environment:?}").contains("secret"));
    }

    #[test]
    fn no_proxy_in_lower_case_comes_first() {
        let select = |variables: &[(&str, &str)], host| {
            let mut variables = variables.to_vec();
            variables.push(("all_proxy", "http://p"));
            environment(&variables).select(true, host, 443) == Ok(None)
        };
        let both = [("no_proxy", "a"), ("NO_PROXY", "b")];
        assert!(select(&both, "a") && !select(&both, "b"));
        let empty = [("no_proxy", ""), ("NO_PROXY", "b")];
        assert!(select(&empty, "b"));
    }
}
