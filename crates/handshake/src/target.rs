//! The target of a request: [RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2).

/// The parts of a request target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Target<'a> {
    /// The scheme in the absolute form, in lower case; `None` in every other form.
    pub(crate) scheme: Option<&'static str>,
    /// The authority in the absolute form; `None` in every other form.
    pub(crate) authority: Option<&'a str>,
    /// The path in the origin form and in the absolute form; the whole target in every other form.
    pub(crate) path: &'a str,
    /// The part after the first question mark.
    pub(crate) query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Splits a target without checking it.
    pub(crate) fn split(target: &'a str) -> Self {
        let (scheme, authority, resource) = match absolute(target) {
            Some((scheme, rest)) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let (authority, resource) = rest.split_at(end);
                (Some(scheme), Some(authority), resource)
            }
            None => (None, None, target),
        };
        let (path, query) = match resource.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (resource, None),
        };
        Self { scheme, authority, path: or_root(path, authority), query }
    }

    /// Returns whether the target has the origin form or the absolute form, which the handshake accepts.
    pub(crate) fn is_resource(&self) -> bool {
        self.path.starts_with('/')
    }
}

/// Returns the scheme and the part after it if the target is an absolute URI. §4.1: it is that or a resource name.
fn absolute(target: &str) -> Option<(&'static str, &str)> {
    // Most targets are paths and need no search.
    if target.starts_with('/') {
        return None;
    }
    let (start, rest) = target.split_once("://")?;
    let scheme = ["http", "https", "ws", "wss"];
    let scheme = scheme.into_iter().find(|scheme| start.eq_ignore_ascii_case(scheme))?;
    Some((scheme, rest))
}

fn or_root<'a>(path: &'a str, authority: Option<&str>) -> &'a str {
    if path.is_empty() && authority.is_some() { "/" } else { path }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_target_splits_into_its_parts() {
        for (target, scheme, authority, path, query) in [
            ("/", None, None, "/", None),
            ("/chat?a=b?c", None, None, "/chat", Some("a=b?c")),
            ("/?", None, None, "/", Some("")),
            ("http://h:1/chat", Some("http"), Some("h:1"), "/chat", None),
            ("WSS://h?q", Some("wss"), Some("h"), "/", Some("q")),
            ("/to/http://h/", None, None, "/to/http://h/", None),
            ("ftp://h/", None, None, "ftp://h/", None),
            ("*", None, None, "*", None),
        ] {
            let expected = Target { scheme, authority, path, query };
            assert_eq!(Target::split(target), expected, "{target}");
        }
    }
}
