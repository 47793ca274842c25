//! Links that lead nowhere.

use super::pages::Pages;

/// Links to pages that do not exist, and to anchors that their page does not have.
pub(crate) fn broken(pages: &Pages) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, page) in &pages.pages {
        for (target, anchor) in &page.links {
            // Lines of sources are anchors that the page of the source makes when it is shown.
            let is_source = target.starts_with("src/");
            match pages.at(target) {
                None => broken.push(format!("{path}: there is no page {target}")),
                // rustdoc makes this anchor for required methods of a trait, and links to it from the page of a type that
                // implements a trait of another crate, which has none.
                Some(_) if anchor.starts_with("tymethod.") => {}
                Some(_) if anchor.is_empty() || is_source => {}
                Some(page) if page.anchors.contains(anchor) => {}
                Some(_) => broken.push(format!("{path}: {target} has no anchor {anchor}")),
            }
        }
    }
    broken.dedup();
    broken
}

/// Links in square brackets that rustdoc could not resolve: it shows the brackets then.
pub(crate) fn unresolved(pages: &Pages) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, page) in pages.pages.iter().filter(|(path, _)| !path.starts_with("src/")) {
        for rest in page.own().split("[<code>").skip(1) {
            if let Some((name, after)) = rest.split_once("</code>")
                && after.starts_with(']')
            {
                broken.push(format!("{path}: [`{name}`]"));
            }
        }
    }
    broken.dedup();
    broken
}

#[cfg(test)]
mod unit {
    use std::fs;

    use super::*;
    use crate::outcome::Result;

    #[test]
    fn links_that_lead_nowhere_are_found() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("sockeye-xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("a"))?;
        let index = "<a href=\"b.html#x\"></a><a href=\"b.html#y\"></a><a href=\"c.html\"></a>";
        fs::write(folder.join("a/index.html"), index)?;
        fs::write(
            folder.join("a/b.html"),
            "<p id=\"x\">[<code>B</code>] <code>[<code>x</code></p>",
        )?;
        let pages = Pages::read(&folder, ["a"].into_iter());
        fs::remove_dir_all(&folder)?;
        let pages = pages?;
        let found = broken(&pages);
        assert_eq!(
            found,
            ["a/index.html: a/b.html has no anchor y", "a/index.html: there is no page a/c.html"]
        );
        assert_eq!(unresolved(&pages), ["a/b.html: [`B`]"]);
        Ok(())
    }
}
