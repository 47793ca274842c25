//! Mapping of host names to ASCII by [UTS 46](https://www.unicode.org/reports/tr46/).

/// Maps a host name to the ASCII form that the resolver expects.
pub(crate) fn to_ascii(host: &str) -> Result<String, &'static str> {
    idna::domain_to_ascii(host).map_err(|_| "the host is not an internationalised name")
}

#[cfg(test)]
mod tests {
    use crate::WebSocketUri;

    #[test]
    fn a_name_becomes_punycode() {
        for (uri, host) in [
            ("ws://bücher.example/", "xn--bcher-kva.example"),
            ("ws://BÜCHER.example/", "xn--bcher-kva.example"),
            ("ws://例え.テスト:81/", "xn--r8jz45g.xn--zckzah"),
            ("ws://bücher。example。/", "xn--bcher-kva.example."),
            ("ws://straße.example/", "xn--strae-oqa.example"),
        ] {
            assert_eq!(
                uri.parse::<WebSocketUri>().map(|uri| uri.host().to_owned()),
                Ok(host.into())
            );
        }
    }

    #[test]
    fn what_maps_to_a_sloppy_address_or_to_syntax_is_refused() {
        for uri in ["ws://１２７.1/", "ws://a\u{2100}b/", "ws://ex\u{ff0f}ample/", "ws://\u{ad}/"]
        {
            assert!(uri.parse::<WebSocketUri>().is_err(), "{uri}");
        }
    }
}
