//! The rendered pages that a reader can reach from the first page of each crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::outcome::Result;

pub(crate) struct Pages {
    /// Paths from the folder of the documentation, such as `sockeye/struct.Text.html`.
    pub(crate) pages: BTreeMap<String, Page>,
}

pub(crate) struct Page {
    pub(crate) html: String,
    /// Where each link leads: a path from the folder of the documentation, and an anchor or nothing.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) anchors: BTreeSet<String>,
}

impl Pages {
    /// Follows links from the first page of each crate: pages of earlier builds, which cargo leaves, are not reached.
    pub(crate) fn read<'a>(folder: &Path, crates: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut pages = BTreeMap::new();
        let mut next: Vec<String> = crates.map(|name| format!("{name}/index.html")).collect();
        if next.iter().all(|page| !folder.join(page).exists()) {
            return Err(format!("{} has no documentation", folder.display()).into());
        }
        while let Some(path) = next.pop() {
            if pages.contains_key(&path) {
                continue;
            }
            // A page that does not exist is reported for the page that links to it.
            let Ok(html) = fs::read_to_string(folder.join(&path)) else { continue };
            let page = Page::read(&path, html);
            next.extend(page.links.iter().map(|(target, _)| target.clone()));
            pages.insert(path, page);
        }
        Ok(Self { pages })
    }

    /// The page at `path`, or the one that it redirects to: rustdoc leaves a redirection where an item is defined.
    pub(crate) fn at(&self, path: &str) -> Option<&Page> {
        let page = self.pages.get(path)?;
        if !page.html.contains("http-equiv=\"refresh\"") {
            return Some(page);
        }
        let (target, _) = page.links.first()?;
        self.pages.get(target)
    }

    /// Paths of the facade's pages of this name and kind, such as `struct` and `Text`; the shortest first. Those of the
    /// protocol without I/O are last: it has a `Sender` and a `Receiver` of its own.
    pub(crate) fn of(&self, kind: &str, name: &str) -> Vec<&str> {
        let file = format!("/{kind}.{name}.html");
        let pages = self.pages.keys().map(String::as_str);
        let mut found: Vec<&str> =
            pages.filter(|path| path.starts_with("sockeye/") && path.ends_with(&file)).collect();
        found.sort_by_key(|path| (path.starts_with("sockeye/protocol/"), path.len()));
        found
    }
}

impl Page {
    fn read(path: &str, html: String) -> Self {
        let anchors = attributes(&html, "id").map(str::to_owned).collect();
        let links = attributes(&html, "href").filter_map(|href| target(path, href)).collect();
        Self { html, links, anchors }
    }

    /// The page without the parts that other crates wrote: blanket implementations, whose links lead to pages that are
    /// not built here.
    pub(crate) fn own(&self) -> &str {
        self.html.split("id=\"blanket-implementations\"").next().unwrap_or(&self.html)
    }
}

fn attributes<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').flat_map(move |tag| {
        let tag = tag.split('>').next().unwrap_or(tag);
        let mark = format!("{name}=\"");
        let values =
            tag.match_indices(&mark).filter(|(start, _)| tag[..*start].ends_with([' ', '"']));
        let values: Vec<&str> = values
            .filter_map(|(start, mark)| tag[start + mark.len()..].split('"').next())
            .collect();
        values
    })
}

/// The page and the anchor that a link of the page `path` leads to, if it is a local page of documentation.
fn target(path: &str, href: &str) -> Option<(String, String)> {
    if href.contains("://") || href.starts_with("mailto:") || href.starts_with("javascript:") {
        return None;
    }
    let (page, anchor) = href.split_once('#').unwrap_or((href, ""));
    let page = page.split('?').next().unwrap_or(page);
    if page.is_empty() {
        return Some((path.to_owned(), anchor.to_owned()));
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in page.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    let page = parts.join("/");
    let is_page = Path::new(&page).extension().is_some_and(|ending| ending == "html");
    is_page.then(|| (page, anchor.to_owned()))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn links_are_resolved() {
        let at = |href: &str| target("a/b/c.html", href).map(|(page, anchor)| page + "#" + &anchor);
        assert_eq!(at("../d.html#e").as_deref(), Some("a/d.html#e"));
        assert_eq!(at("#f").as_deref(), Some("a/b/c.html#f"));
        assert_eq!(at("g.html?search=x").as_deref(), Some("a/b/g.html#"));
        assert_eq!(at("https://example.com/h.html"), None);
        assert_eq!(at("../style.css"), None);
    }

    #[test]
    fn links_and_anchors_are_read() {
        let html = "<a id=\"x\" href=\"y.html\">z</a><p data-id=\"no\">id=\"no\"</p>";
        let page = Page::read("a/b.html", html.to_owned());
        assert_eq!(page.links, [("a/y.html".to_owned(), String::new())]);
        assert_eq!(page.anchors.into_iter().collect::<Vec<_>>(), ["x"]);
    }
}
