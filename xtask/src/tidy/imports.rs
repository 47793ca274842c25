//! Which file of a crate imports which, read from `use` declarations and qualified paths.

use std::collections::{BTreeMap, BTreeSet};

use super::Project;
use super::source::{Part, Source};

/// The files of one crate and the imports between them.
pub(crate) struct Imports {
    /// Paths below `src`, without `.rs`.
    pub(crate) files: Vec<String>,
    /// For each file, the files that it imports from; re-exports are followed to the file that defines the item.
    pub(crate) edges: Vec<BTreeSet<usize>>,
}

impl Imports {
    /// Reads the files of the crate in the folder `home` of `crates/`.
    pub(crate) fn of(project: &Project, home: &str) -> Self {
        let sources = project.product().filter(|source| source.home() == Some(home));
        Self::read(sources.collect())
    }

    fn read(sources: Vec<&Source>) -> Self {
        let modules: Vec<Module> = sources.into_iter().map(Module::read).collect();
        let tree = Tree {
            indices: modules.iter().enumerate().map(|(i, m)| (m.path.clone(), i)).collect(),
            modules,
        };
        let edges = (0..tree.modules.len()).map(|index| tree.imports(index)).collect();
        Self { files: tree.modules.into_iter().map(|module| module.file).collect(), edges }
    }

    /// The folder of a file: `a/b.rs` and `a/mod.rs` are in `a`, and so is `a.rs` if there is a folder `a`.
    pub(crate) fn folder(&self, index: usize) -> &str {
        let file = &self.files[index];
        let own = format!("{file}/");
        if self.files.iter().any(|other| other.starts_with(&own)) {
            return file;
        }
        file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The strongly connected components of more than one file, the largest first.
    pub(crate) fn cycles(&self) -> Vec<Vec<usize>> {
        let reach: Vec<BTreeSet<usize>> =
            (0..self.files.len()).map(|index| self.reachable(index)).collect();
        let mut cycles: Vec<Vec<usize>> = Vec::new();
        for start in 0..self.files.len() {
            if cycles.iter().any(|cycle| cycle.contains(&start)) || !reach[start].contains(&start) {
                continue;
            }
            let cycle = reach[start].iter().copied().filter(|&other| reach[other].contains(&start));
            cycles.push(cycle.collect());
        }
        cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
        cycles
    }

    fn reachable(&self, start: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut next: Vec<usize> = self.edges[start].iter().copied().collect();
        while let Some(index) = next.pop() {
            if found.insert(index) {
                next.extend(&self.edges[index]);
            }
        }
        found
    }
}

type Path = Vec<String>;

struct Module {
    file: String,
    path: Path,
    uses: Vec<Use>,
    /// The code without its `use` declarations.
    code: String,
}

struct Use {
    path: Path,
    /// The name it has in this module, or `*`.
    name: String,
    is_public: bool,
}

impl Module {
    fn read(source: &Source) -> Self {
        let file = source.path.split_once("/src/").map_or("", |(_, rest)| rest);
        let file = file.trim_end_matches(".rs").to_owned();
        let place = file.strip_suffix("/mod").unwrap_or(&file);
        let is_root = matches!(place, "lib" | "main");
        let path =
            if is_root { Path::new() } else { place.split('/').map(str::to_owned).collect() };
        let (uses, code) = declarations(source.code_of(Part::Product));
        Self { file, path, uses, code }
    }

    /// Whether the code names `name` outside of `use` declarations.
    fn names(&self, name: &str) -> bool {
        words(&self.code).any(|word| word == name)
    }

    fn defines(&self, name: &str) -> bool {
        let keywords = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
        let mut last = "";
        words(&self.code).any(|word| {
            let found = word == name && keywords.contains(&last);
            last = word;
            found
        })
    }
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// Splits code into its `use` declarations and the rest. Those under `#[cfg(doc)]` serve links only and are dropped.
fn declarations(code: &str) -> (Vec<Use>, String) {
    let (mut uses, mut rest) = (Vec::new(), String::new());
    let mut code = code;
    while let Some(start) = find_word(code, "use") {
        let Some(len) = code[start..].find(';') else { break };
        let before = code[..start].trim_end();
        let is_public = before.ends_with("pub") || (before.ends_with(')') && in_visibility(before));
        if !before.ends_with("#[cfg(doc)]") {
            expand(&mut uses, &[], &code[start + "use".len()..start + len], is_public);
        }
        rest.push_str(&code[..start]);
        code = &code[start + len + 1..];
    }
    rest.push_str(code);
    (uses, rest)
}

fn in_visibility(before: &str) -> bool {
    before.rfind("pub(").is_some_and(|start| !before[start..].contains([';', '}', '\n']))
}

fn find_word(code: &str, word: &str) -> Option<usize> {
    let is_word =
        |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    code.match_indices(word).map(|(start, _)| start).find(|&start| {
        // `impl Trait + use<'a>` is no declaration.
        let after = code[start + word.len()..].chars().next();
        !is_word(code[..start].chars().next_back()) && after.is_some_and(char::is_whitespace)
    })
}

fn expand(uses: &mut Vec<Use>, prefix: &[String], tree: &str, is_public: bool) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        // The last brace closes this group; those before it close groups inside.
        Some((head, group)) => (head, Some(&group[..group.rfind('}').unwrap_or(group.len())])),
        None => (tree, None),
    };
    let (head, alias) = match head.split_once(" as ") {
        Some((head, alias)) if group.is_none() => (head, Some(alias.trim())),
        _ => (head, None),
    };
    let mut path = prefix.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned));
    if let Some(group) = group {
        for branch in branches(group) {
            expand(uses, &path, branch, is_public);
        }
        return;
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let Some(last) = path.last().cloned() else { return };
    uses.push(Use { path, name: alias.map_or(last, str::to_owned), is_public });
}

/// The parts of a list between commas that are in no inner braces.
fn branches(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (index, char) in list.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found.into_iter().filter(|branch| !branch.trim().is_empty()).collect()
}

struct Tree {
    modules: Vec<Module>,
    indices: BTreeMap<Path, usize>,
}

impl Tree {
    fn imports(&self, index: usize) -> BTreeSet<usize> {
        let module = &self.modules[index];
        let mut found = BTreeSet::new();
        for import in &module.uses {
            // A re-export that this file does not use itself is no dependency of its code.
            if import.is_public && !module.names(&import.name) {
                continue;
            }
            self.resolve_from(index, &import.path, &mut found);
        }
        for path in qualified(&module.code) {
            self.resolve_from(index, &path, &mut found);
        }
        found.remove(&index);
        // A library's root holds declarations only.
        found.retain(|&index| self.modules[index].file != "lib");
        found
    }

    /// Adds the files that a path in this module leads to; a path of another crate leads to none.
    fn resolve_from(&self, index: usize, path: &[String], found: &mut BTreeSet<usize>) {
        if let Some(path) = self.absolute(index, path) {
            self.resolve(&path, found, 8);
        }
    }

    fn absolute(&self, index: usize, path: &[String]) -> Option<Path> {
        let mut from = self.modules[index].path.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => return Some(rest[1..].to_vec()),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    from.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                from.push(child.to_owned());
                self.indices.get(&from)?;
                rest = &rest[1..];
            }
        }
        from.extend_from_slice(rest);
        Some(from)
    }

    fn resolve(&self, path: &[String], found: &mut BTreeSet<usize>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let len = (0..=path.len()).rev().find(|&len| self.indices.contains_key(&path[..len]));
        let Some(len) = len else { return };
        let index = self.indices[&path[..len]];
        let module = &self.modules[index];
        let Some(name) = path.get(len) else {
            found.insert(index);
            return;
        };
        if module.defines(name) {
            found.insert(index);
            return;
        }
        let before = found.len();
        for import in module.uses.iter().filter(|import| import.name == *name) {
            if let Some(mut target) = self.absolute(index, &import.path) {
                target.extend_from_slice(&path[len + 1..]);
                self.resolve(&target, found, depth);
            }
        }
        for import in module.uses.iter().filter(|import| import.name == "*") {
            let target = self.absolute(index, &import.path[..import.path.len() - 1]);
            let inside = target.and_then(|target| self.indices.get(&target));
            if let Some(&inside) = inside.filter(|&&inside| self.modules[inside].defines(name)) {
                found.insert(inside);
            }
        }
        if found.len() == before && *name == "*" {
            found.insert(index);
        }
    }
}

/// Paths in code: each starts with `crate`, `super`, `self` or the name of a module.
fn qualified(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut rest = code;
    while let Some(start) = rest.find(is_word) {
        let before = rest[..start].trim_end();
        let joined = before.ends_with("::") || before.ends_with('.');
        rest = &rest[start..];
        let mut path = Path::new();
        loop {
            let len = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
            path.push(rest[..len].to_owned());
            rest = &rest[len..];
            match rest.strip_prefix("::") {
                Some(after) if after.starts_with(is_word) => rest = after,
                _ => break,
            }
        }
        if path.len() > 1 && !joined {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod unit {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source::new(format!("crates/x/src/{path}.rs"), (*text).to_owned()))
            .collect();
        let imports = Imports::read(sources.iter().collect());
        let edges = imports.edges.iter().enumerate();
        let edges = edges.flat_map(|(from, to)| to.iter().map(move |&to| (from, to)));
        edges.map(|(a, b)| format!("{} {}", imports.files[a], imports.files[b])).collect()
    }

    #[test]
    fn imports_are_followed_to_the_file_that_defines_the_item() {
        let files = [
            ("lib", "mod a; mod b; mod c; pub use a::{A, inner::{Deep as Renamed}};"),
            ("a/mod", "mod inner; pub(crate) use inner::Deep; pub struct A;"),
            ("a/inner", "use super::A; pub struct Deep(A);"),
            ("b", "use crate::{Renamed, c::{self, f}}; fn g(x: Renamed) { f(); crate::a::A; }"),
            ("c", "use std::fmt; pub fn f() {} // crate::b::g\n#[cfg(doc)]\nuse crate::b;"),
        ];
        assert_eq!(read(&files), ["a/inner a/mod", "b a/mod", "b a/inner", "b c"]);
    }

    #[test]
    fn cycles_are_found() {
        let files = [
            ("a", "use crate::b::B;"),
            ("b", "pub struct B; use crate::c::C;"),
            ("c", "pub struct C; use super::a;"),
            ("d", "use crate::a;"),
        ];
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source::new(format!("crates/x/src/{path}.rs"), (*text).to_owned()))
            .collect();
        let imports = Imports::read(sources.iter().collect());
        assert_eq!(imports.cycles(), [vec![0, 1, 2]]);
    }
}
