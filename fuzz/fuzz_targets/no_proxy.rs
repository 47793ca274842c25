#![no_main]
//! Which hosts the variables spare: an entry does what it does alone, in any case.

use libfuzzer_sys::fuzz_target;
use sockeye_proxy::Environment;

fuzz_target!(|input: (u16, bool, &str, &str, &str)| {
    let (port, secure, proxy, host, list) = input;
    let any = |name: &str| (name != "REQUEST_METHOD").then(|| proxy.to_owned());
    let _ = Environment::new(any).select(secure, host, port);

    let is_direct = |list: &str, host: &str| {
        let environment = Environment::new(|name| match name {
            "all_proxy" => Some("http://proxy.example".to_owned()),
            "no_proxy" => Some(list.to_owned()),
            _ => None,
        });
        environment.select(secure, host, port).expect("a proxy that is well formed").is_none()
    };
    let direct = is_direct(list, host);
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace());
    assert_eq!(direct, is_direct("", host) || entries.any(|entry| is_direct(entry, host)));
    assert_eq!(direct, is_direct(&list.to_ascii_uppercase(), host));
    assert_eq!(direct, is_direct(list, &host.to_ascii_uppercase()));
    assert!(is_direct("*", host));
});
