#![no_main]
//! A URI that was accepted is accepted again as it is printed, and so is where a redirect leads.

use libfuzzer_sys::fuzz_target;
use sockeye_handshake::{Authority, WebSocketUri};

fuzz_target!(|input: (&str, &str)| {
    let (text, location) = input;
    let Ok(uri) = WebSocketUri::parse(text) else { return };
    check(&uri);
    assert_eq!(uri.join(""), Ok(uri.clone()));
    if let Ok(target) = uri.join(location) {
        check(&target);
        // User and password do not follow to another origin.
        if !target.same_origin(&uri) && !location.contains('@') {
            assert_eq!(target.credentials(), None);
        }
    }
});

fn check(uri: &WebSocketUri) {
    let printed = uri.to_string();
    assert_eq!(WebSocketUri::parse(&printed), Ok(uri.clone().with_credentials(None)));
    assert!(uri.resource().starts_with('/'));
    assert!(uri.resource().bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(uri.host().is_ascii() && uri.port() != 0);
    let authority: Authority = uri.host_header().parse().expect("a Host that we send");
    assert_eq!(authority.host(), uri.server_name());
}
