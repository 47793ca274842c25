//! Examples on the pages of the facade, and the methods of types that have an alias for each runtime.

use std::collections::BTreeSet;

use super::pages::Pages;

/// The types that every user of the facade meets, and the methods of each that they call first.
const FIRST: [(&str, &[&str]); 10] = [
    (
        "WebSocket",
        &["recv", "next", "send", "feed", "split", "close", "ping", "send_stream", "recv_stream"],
    ),
    ("Sender", &["send", "try_send", "close"]),
    ("Receiver", &["recv", "next"]),
    ("Connect", &["header", "open_timeout", "reconnect"]),
    ("Serve", &["on_request", "tls"]),
    ("Accept", &["options", "config", "open"]),
    ("Server", &["close", "broadcast"]),
    ("Reconnect", &["next"]),
    ("MessageReader", &["chunk"]),
    ("MessageWriter", &["write", "finish"]),
];

/// The start of an example in Rust.
const EXAMPLE: &str = "rust rust-example-rendered";

/// Types and methods without an example.
pub(crate) fn missing(pages: &Pages) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, methods) in FIRST {
        let Some(path) = pages.of("struct", name).first().copied() else {
            missing.push(format!("there is no page of the struct {name}"));
            continue;
        };
        let html = pages.pages[path].own();
        if !top(html).contains(EXAMPLE) {
            missing.push(format!("{path} has no example"));
        }
        let root = format!("sockeye/type.{name}.html");
        if pages.pages.get(&root).is_some_and(|page| !top(page.own()).contains(EXAMPLE)) {
            missing.push(format!("{root} has no example"));
        }
        for method in methods {
            match section(html, method) {
                None => missing.push(format!("{path} has no method {method}")),
                Some(text) if text.contains(EXAMPLE) => {}
                Some(_) => missing.push(format!("{path}: the method {method} has no example")),
            }
        }
    }
    missing
}

/// Aliases whose page, without JavaScript, does not name a public method of their type.
pub(crate) fn incomplete(pages: &Pages) -> Vec<String> {
    let mut incomplete = Vec::new();
    for (name, _) in FIRST {
        let Some(path) = pages.of("struct", name).first().copied() else { continue };
        let methods = methods(pages.pages[path].own());
        for alias in pages.of("type", name) {
            let text = text_of(pages.pages[alias].own());
            let words: BTreeSet<&str> =
                text.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
            let missing: Vec<&str> =
                methods.iter().copied().filter(|method| !words.contains(method)).collect();
            if !missing.is_empty() {
                incomplete.push(format!("{alias} does not name {}", missing.join(", ")));
            }
        }
    }
    incomplete
}

/// The description of a type: all before its implementations.
fn top(html: &str) -> &str {
    html.split("id=\"implementations\"").next().unwrap_or(html)
}

/// The methods of a type: those of traits are in a later part of the page.
fn inherent(html: &str) -> &str {
    let own = html.split("id=\"implementations-list\"").nth(1).unwrap_or_default();
    own.split("id=\"trait-implementations\"").next().unwrap_or(own)
}

const METHOD: &str = "<section id=\"method.";

fn methods(html: &str) -> BTreeSet<&str> {
    let sections = inherent(html).split(METHOD).skip(1);
    // The second method of one name has a number.
    sections.filter_map(|section| section.split(['"', '-']).next()).collect()
}

/// The part of the page on one method.
fn section<'a>(html: &'a str, method: &str) -> Option<&'a str> {
    let mut sections = inherent(html).split(METHOD).skip(1);
    sections.find(|section| section.split(['"', '-']).next() == Some(method))
}

/// The page without its tags.
fn text_of(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn methods_and_their_examples_are_found() {
        let html = "<p>rust rust-example-rendered</p><h2 id=\"implementations\"></h2><div id=\"implementations-list\">\
            <section id=\"method.send\">a</section><section id=\"method.send-1\"></section>\
            <section id=\"method.recv\">rust rust-example-rendered</section></div>\
            <h2 id=\"trait-implementations\"></h2><section id=\"method.fmt\"></section>";
        assert!(top(html).contains(EXAMPLE));
        assert_eq!(methods(html).into_iter().collect::<Vec<_>>(), ["recv", "send"]);
        assert!(section(html, "recv").is_some_and(|text| text.contains(EXAMPLE)));
        assert!(section(html, "send").is_some_and(|text| !text.contains(EXAMPLE)));
        assert!(section(html, "fmt").is_none());
        assert_eq!(
            text_of("<a href=\"x\">one</a> two").split_whitespace().collect::<Vec<_>>(),
            ["one", "two"]
        );
    }
}
