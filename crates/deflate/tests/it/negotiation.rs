//! Every offer and every answer: [RFC 7692 §7.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.1).

use sockeye_deflate::{DeflateConfig, Direction, Parameter};
use sockeye_errors::{
    DuplicateParameter, HandshakeError, InvalidParameterName, InvalidParameterValue,
    NegotiationError,
};

type List = Vec<(&'static str, Option<&'static str>)>;

const SERVER_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";
const NAMES: [&str; 5] = [SERVER_TAKEOVER, CLIENT_TAKEOVER, SERVER_BITS, CLIENT_BITS, "x"];

const VALUES: [Option<&str>; 15] = [
    None,
    Some(""),
    Some("0"),
    Some("7"),
    Some("8"),
    Some("9"),
    Some("15"),
    Some("16"),
    Some("255"),
    Some("256"),
    Some("-1"),
    Some("08"),
    Some("15x"),
    Some("\"15\""),
    Some("1e1"),
];

fn is_valid(name: &str, value: Option<&str>, in_offer: bool) -> bool {
    match name {
        SERVER_TAKEOVER | CLIENT_TAKEOVER => value.is_none(),
        CLIENT_BITS if in_offer && value.is_none() => true,
        SERVER_BITS | CLIENT_BITS => matches!(value, Some("8" | "9" | "15")),
        _ => false,
    }
}

fn is_valid_list(list: &List, in_offer: bool) -> bool {
    list.iter().all(|&(name, value)| is_valid(name, value, in_offer))
        && NAMES.iter().all(|name| list.iter().filter(|(other, _)| other == name).count() <= 1)
}

/// All lists of at most two parameters.
fn lists() -> Vec<List> {
    let single = || NAMES.iter().flat_map(|&name| VALUES.iter().map(move |&value| (name, value)));
    let mut lists = vec![Vec::new()];
    lists.extend(single().map(|one| vec![one]));
    lists.extend(single().flat_map(|one| single().map(move |two| vec![one, two])));
    lists
}

/// The value of a parameter: empty where it has none, `None` where it is not there.
fn find(list: &[Parameter], name: &str) -> Option<String> {
    list.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone().unwrap_or_default())
}

fn number(list: &List, name: &str) -> Option<u8> {
    list.iter().find(|(other, _)| *other == name)?.1?.parse().ok()
}

/// Servers and clients of all kinds.
fn settings() -> Vec<DeflateConfig> {
    let mut all = Vec::new();
    for own in [None, Some(8), Some(12), Some(15)] {
        for peer in [None, Some(8), Some(15)] {
            for flags in 0..4 {
                let mut deflate = DeflateConfig::default()
                    .no_context_takeover(flags & 1 != 0)
                    .peer_no_context_takeover(flags & 2 != 0);
                deflate = own.map_or(deflate, |bits| deflate.window_bits(bits));
                all.push(peer.map_or(deflate, |bits| deflate.peer_window_bits(bits)));
            }
        }
    }
    all
}

#[test]
fn a_server_accepts_exactly_the_valid_offers_and_answers_within_them() {
    for offer in lists() {
        let is_valid = is_valid_list(&offer, true);
        for deflate in [
            DeflateConfig::default(),
            DeflateConfig::best(),
            DeflateConfig::default().window_bits(8),
        ] {
            let result = deflate.answer_first(std::slice::from_ref(&offer));
            assert_eq!(result.is_some(), is_valid, "{offer:?}");
            let Some((_, answer, agreement)) = result else { continue };

            let has = |name| offer.iter().any(|(other, _)| *other == name);
            // RFC 7692 §7.1.1.1, §7.1.2.1: what the client asks for is granted.
            if has(SERVER_TAKEOVER) {
                assert!(find(&answer, SERVER_TAKEOVER).is_some());
            }
            if let Some(asked) = number(&offer, SERVER_BITS) {
                let bits: u8 = find(&answer, SERVER_BITS).unwrap().parse().unwrap();
                assert!(bits <= asked && bits == agreement.ours.window_bits);
            }
            // RFC 7692 §7.1.2.2: a client that did not offer it is not asked for it.
            match find(&answer, CLIENT_BITS) {
                None => assert_eq!(agreement.theirs.window_bits, 15),
                Some(value) => {
                    assert!(has(CLIENT_BITS));
                    let bits = value.parse().unwrap();
                    assert!(number(&offer, CLIENT_BITS).is_none_or(|max| bits <= max));
                    assert_eq!(agreement.theirs.window_bits, bits);
                }
            }
            let no_takeover = find(&answer, SERVER_TAKEOVER).is_some();
            assert_eq!(agreement.ours.takeover, !no_takeover);
            let no_takeover = find(&answer, CLIENT_TAKEOVER).is_some();
            assert_eq!(agreement.theirs.takeover, !no_takeover);
        }
    }
}

#[test]
fn a_server_takes_the_first_valid_offer() {
    let offers: Vec<List> = lists().into_iter().step_by(211).collect();
    assert!(offers.len() >= 20);
    for a in &offers {
        for b in &offers {
            for c in &offers {
                let list = [a.clone(), b.clone(), c.clone()];
                let expected = list.iter().position(|offer| is_valid_list(offer, true));
                let result = DeflateConfig::default().answer_first(&list);
                assert_eq!(result.as_ref().map(|(index, _, _)| *index), expected);
                if let Some((index, answer, agreement)) = result {
                    let alone = DeflateConfig::default().answer_first(&list[index..=index]);
                    assert_eq!(alone, Some((0, answer, agreement)));
                }
            }
        }
    }
    assert_eq!(DeflateConfig::default().answer_first::<List, _, _>(&[]), None);
}

#[test]
fn a_client_accepts_exactly_the_valid_answers() {
    for answer in lists() {
        let result = DeflateConfig::default().accept(&answer);
        assert_eq!(result.is_ok(), is_valid_list(&answer, false), "{answer:?}");
        let Ok(agreement) = result else { continue };
        let has = |name| answer.iter().any(|(other, _)| *other == name);
        assert_eq!(agreement.ours.takeover, !has(CLIENT_TAKEOVER));
        assert_eq!(agreement.theirs.takeover, !has(SERVER_TAKEOVER));
        assert_eq!(agreement.theirs.window_bits, number(&answer, SERVER_BITS).unwrap_or(15));
        let allowed = number(&answer, CLIENT_BITS).unwrap_or(15);
        assert_eq!(agreement.ours.window_bits, allowed.min(12));
    }
}

#[test]
fn a_client_names_what_is_wrong_with_an_answer() {
    let refuse = |answer: List| DeflateConfig::default().accept(&answer).unwrap_err();
    assert_eq!(refuse(vec![("x", None)]), InvalidParameterName::new("x").into());
    assert_eq!(
        refuse(vec![(SERVER_TAKEOVER, None), (SERVER_TAKEOVER, None)]),
        DuplicateParameter::new(SERVER_TAKEOVER).into()
    );
    assert_eq!(
        refuse(vec![(SERVER_BITS, Some("16"))]),
        InvalidParameterValue::new(SERVER_BITS, "16").into()
    );
    assert_eq!(
        refuse(vec![(CLIENT_BITS, None)]),
        InvalidParameterValue::new(CLIENT_BITS, "").into()
    );
}

#[test]
fn a_client_insists_on_what_it_needs() {
    let accept = |deflate: DeflateConfig, answer: List| deflate.accept(&answer);
    let missing = |name: &str| -> Result<_, HandshakeError> {
        Err(NegotiationError::MissingParameter(name.into()).into())
    };

    let needs = DeflateConfig::default().peer_window_bits(10);
    assert_eq!(accept(needs, vec![]), missing(SERVER_BITS));
    assert_eq!(accept(needs, vec![(SERVER_BITS, Some("11"))]), missing(SERVER_BITS));
    let agreement = accept(needs, vec![(SERVER_BITS, Some("10"))]).unwrap();
    assert_eq!(agreement.theirs.window_bits, 10);
    let agreement = accept(needs, vec![(SERVER_BITS, Some("8"))]).unwrap();
    assert_eq!(agreement.theirs.window_bits, 8);

    let needs = DeflateConfig::default().peer_no_context_takeover(true);
    assert_eq!(accept(needs, vec![]), missing(SERVER_TAKEOVER));
    assert!(!accept(needs, vec![(SERVER_TAKEOVER, None)]).unwrap().theirs.takeover);

    let offers = DeflateConfig::default().window_bits(10);
    let error = InvalidParameterValue::new(CLIENT_BITS, "11").into();
    assert_eq!(accept(offers, vec![(CLIENT_BITS, Some("11"))]), Err(error));
    assert_eq!(accept(offers, vec![]).unwrap().ours.window_bits, 10);
}

#[test]
fn the_offer_of_a_client_says_only_what_the_application_set() {
    let texts = |deflate: DeflateConfig| -> Vec<String> {
        let text = |(name, value): &Parameter| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        };
        deflate.offers()[0].iter().map(text).collect()
    };
    assert_eq!(texts(DeflateConfig::default()), ["client_max_window_bits"]);
    assert_eq!(texts(DeflateConfig::best()), ["client_max_window_bits"]);
    assert_eq!(
        texts(
            DeflateConfig::default()
                .window_bits(9)
                .peer_window_bits(10)
                .no_context_takeover(true)
                .peer_no_context_takeover(true)
        ),
        [
            "server_no_context_takeover",
            "client_no_context_takeover",
            "server_max_window_bits=10",
            "client_max_window_bits=9"
        ]
    );
}

#[test]
fn the_defaults_use_12_bits_and_a_server_does_not_announce_its_own() {
    let (index, answer, server) =
        DeflateConfig::default().answer_first(&DeflateConfig::default().offers()).unwrap();
    let client = DeflateConfig::default().accept(&answer).unwrap();
    assert_eq!(index, 0);
    assert_eq!(answer, [(CLIENT_BITS.to_owned(), Some("12".to_owned()))]);
    for (Direction { window_bits, takeover, .. }, bits) in
        [(server.ours, 12), (server.theirs, 12), (client.ours, 12), (client.theirs, 15)]
    {
        assert_eq!((window_bits, takeover), (bits, true));
    }
}

#[test]
fn a_server_names_its_window_only_to_a_client_that_asks() {
    for server in settings() {
        for offer in lists() {
            let Some((_, answer, agreement)) = server.answer_first(&[&offer]) else { continue };
            let is_asked = offer.iter().any(|(name, _)| *name == SERVER_BITS);
            let named = find(&answer, SERVER_BITS);
            assert_eq!(named.is_some(), is_asked, "{offer:?}: {answer:?}");
            assert!(named.is_none_or(|bits| *bits == agreement.ours.window_bits.to_string()));
        }
    }
}

#[test]
fn both_sides_agree_on_the_same() {
    for client in settings() {
        for server in settings() {
            let (_, answer, theirs) = server.answer_first(&client.offers()).unwrap();
            // All that a client asks of a server, a server grants.
            let ours = client.accept(&answer).unwrap();
            assert_eq!(ours.theirs.takeover, theirs.ours.takeover);
            // The client can decompress the data of the server, whose window may be smaller than it says.
            assert!(theirs.ours.window_bits <= ours.theirs.window_bits);
            // The server can decompress the data of the client.
            assert!(ours.ours.window_bits <= theirs.theirs.window_bits);
            assert!(theirs.theirs.takeover || !ours.ours.takeover);
        }
    }
}
