//! Holds the order of the modules: a file imports only from modules below its own, and no import cycle exists between
//! files beyond a parent with its children.
//!
//! Imports are all paths that start with `crate`, `super` or `self`, in `use` items and in code, except in items under
//! `#[cfg(test)]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The top-level modules, from the one that may import all others to the ones that import nothing.
const LAYERS: [&str; 25] = [
    "cli",
    "repl",
    "engine",
    "session",
    "local",
    "submission",
    "render",
    "check",
    "formats",
    "stores",
    "journal",
    "connection",
    "api",
    "credentials",
    "config",
    "location",
    "secret",
    "text",
    "guide",
    "fsutil",
    "interrupt",
    "pending",
    "at_once",
    "caught",
    "error",
];

/// Imports that still point up. The list may only shrink.
const KNOWN_UPWARD: [&str; 0] = [];

/// Files that are still part of an import cycle. The list may only shrink.
const KNOWN_CYCLES: [&str; 0] = [];

/// A file's module below the crate, e.g. `["api", "http"]`.
type Module = Vec<String>;

/// The modules that each file imports, without its ancestors and descendants.
struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    /// Reads all files below a folder `src`, without test files.
    fn read(src: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_folder(src, src, &mut files);
        let tests = files
            .iter()
            .flat_map(|(module, text)| test_modules(module, text));
        for module in tests.collect::<Vec<_>>() {
            files.retain(|file, _| !file.starts_with(&module));
        }
        let nearest = |mut path: Module| {
            while !files.contains_key(&path) {
                path.pop();
            }
            path
        };
        let imports = files.iter().map(|(module, text)| {
            let targets = paths(module, &tokens(text)).into_iter().map(nearest);
            let other = |it: &Module| !it.starts_with(module) && !module.starts_with(it);
            (module.clone(), targets.filter(other).collect())
        });
        Self(imports.collect())
    }

    /// Returns the imports from one top-level module to another that is above it or has no layer.
    fn upward(&self) -> BTreeSet<String> {
        let layer = |module: &Module| LAYERS.iter().position(|layer| *layer == module[0]);
        let mut found = BTreeSet::new();
        for (from, targets) in self.0.iter().filter(|(from, _)| !from.is_empty()) {
            for to in targets.iter().filter(|to| to[0] != from[0]) {
                let layers = layer(from).zip(layer(to));
                if layers.is_none_or(|(from, to)| from >= to) {
                    found.insert(format!("{} -> {}", from.join("::"), to.join("::")));
                }
            }
        }
        found
    }

    /// Returns the files on import cycles.
    fn cyclic(&self) -> BTreeSet<String> {
        let on_cycle = |start: &&Module| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&Module> = self.0[*start].iter().collect();
            while let Some(module) = open.pop() {
                if module == *start {
                    return true;
                }
                if seen.insert(module) {
                    open.extend(self.0.get(module).into_iter().flatten());
                }
            }
            false
        };
        let found = self.0.keys().filter(on_cycle);
        found.map(|module| module.join("::")).collect()
    }
}

fn read_folder(src: &Path, folder: &Path, files: &mut BTreeMap<Module, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_folder(src, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inner = path.strip_prefix(src).expect("a path below src");
            let parts = inner.with_extension("");
            let mut module: Module = parts
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if module
                .last()
                .is_some_and(|last| last == "mod" || last == "lib")
            {
                module.pop();
            }
            if module != ["main"] {
                let text = std::fs::read_to_string(&path).expect("a source file");
                files.insert(module, text);
            }
        }
    }
}

/// Returns the modules of a file that have a file of their own and exist only in tests.
fn test_modules(module: &Module, text: &str) -> Vec<Module> {
    let items = text.split("#[cfg(test)]").skip(1);
    let names = items.filter_map(|item| item.trim_start().strip_prefix("mod ")?.split_once(';'));
    let names = names.filter(|(name, _)| !name.contains('{'));
    names
        .map(|(name, _)| [module.as_slice(), &[name.to_owned()]].concat())
        .collect()
}

/// Splits Rust text into identifiers, `::` and single characters, without comments, literals and items under
/// `#[cfg(test)]`.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(end) = literal(rest) {
            end
        } else if let Some(item) = rest.strip_prefix("#[cfg(test)]") {
            rest.len() - item.len() + item_end(item)
        } else if is_name(first) {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            tokens.push(&rest[..end]);
            end
        } else if rest.starts_with("::") {
            tokens.push("::");
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(&rest[..first.len_utf8()]);
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Returns the length of the text or character that the source begins with, if it begins with one.
fn literal(rest: &str) -> Option<usize> {
    let bare = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let before = rest.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r')
        && raw.trim_start_matches('#').starts_with('"')
    {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let begin = before + 2 + hashes;
        return Some(begin + rest[begin..].find(&end)? + end.len());
    }
    let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut inner = bare[1..].char_indices();
    if quote == '\'' {
        // A lifetime has no second quote.
        let is_char = bare[1..].starts_with('\\') || bare.chars().nth(2) == Some('\'');
        is_char.then_some(())?;
    }
    while let Some((at, c)) = inner.next() {
        match c {
            '\\' => _ = inner.next(),
            c if c == quote => return Some(before + 1 + at + 1),
            _ => {}
        }
    }
    None
}

/// Returns the length of an item: up to the `;`, or the end of the braces, at its own level.
fn item_end(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        if let Some(length) = literal(&text[at..]) {
            at += length;
            continue;
        }
        at += c.len_utf8();
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if c == '}' && depth == 0 {
                    return at;
                }
            }
            ';' | ',' if depth == 0 => return at,
            _ => {}
        }
    }
    at
}

/// Returns the paths that a file's tokens name, relative to the crate.
fn paths(module: &Module, tokens: &[&str]) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let base = match tokens[at] {
            _ if at > 0 && tokens[at - 1] == "::" => None,
            "crate" => Some(Vec::new()),
            "self" => Some(module.clone()),
            "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
            _ => None,
        };
        at += 1;
        if let Some(base) = base {
            at = tree(&base, tokens, at, &mut found);
        }
    }
    found
}

/// Adds the paths of a tree, from the token after its base on. Returns the position of the token behind the tree.
fn tree(base: &Module, tokens: &[&str], mut at: usize, found: &mut BTreeSet<Module>) -> usize {
    let mut path = base.clone();
    while tokens.get(at) == Some(&"::") {
        at += 1;
        match tokens.get(at) {
            Some(&"super") => _ = path.pop(),
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    if tokens[at] == "," || tokens[at] == "*" {
                        at += 1;
                        continue;
                    }
                    let mut inner = path.clone();
                    if tokens[at] != "self" {
                        inner.push(tokens[at].to_owned());
                    }
                    at = tree(&inner, tokens, at + 1, found);
                    if tokens.get(at) == Some(&"as") {
                        at += 2;
                    }
                }
                return at + 1;
            }
            Some(name) => path.push((*name).to_owned()),
            None => break,
        }
        at += 1;
    }
    found.insert(path);
    at
}

/// Compares the found entries with the known ones, both ways: a mended entry must leave the list.
fn compare(found: &BTreeSet<String>, known: &[&str], kind: &str) {
    let known: BTreeSet<String> = known.iter().map(|&entry| entry.to_owned()).collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "new {kind}: {new:#?}");
    let mended: Vec<_> = known.difference(found).collect();
    assert!(mended.is_empty(), "no longer {kind}, remove: {mended:#?}");
}

fn imports() -> Imports {
    Imports::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn modules_import_only_from_those_below() {
    compare(&imports().upward(), &KNOWN_UPWARD, "imports that point up");
}

#[test]
fn no_import_cycles_between_files() {
    compare(&imports().cyclic(), &KNOWN_CYCLES, "files on import cycles");
}

#[test]
fn cycles_and_upward_imports_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let set = |entries: &[&str]| entries.iter().map(|&it| it.to_owned()).collect();
    write("lib.rs", "mod api; mod cli; mod error;");
    write("api/mod.rs", "mod one; mod two; pub use one::One;");
    write(
        "api/one.rs",
        "use super::{two::{self, Two}, three as four}; pub struct One;",
    );
    write(
        "api/two.rs",
        "fn f<'a>() -> crate::api::one::One { \"}\" /* { */ }",
    );
    write(
        "api/three.rs",
        "const C: char = '\\''; // use super::two::Two;",
    );
    write("cli.rs", "use crate::{api::{self, one::One}, error};");
    write(
        "error.rs",
        "#[cfg(test)] mod tests { use crate::cli; } #[cfg(test)] use crate::cli;",
    );
    let found = Imports::read(folder.path());
    assert_eq!(found.cyclic(), set(&["api::one", "api::two"]));
    assert_eq!(found.upward(), BTreeSet::new());
    write(
        "error.rs",
        "#[cfg(test)] use crate::api; fn f() { crate::cli::run() }",
    );
    write("new.rs", "use crate::error::Error;");
    let found = Imports::read(folder.path());
    assert_eq!(found.upward(), set(&["error -> cli", "new -> error"]));
    assert_eq!(
        found.cyclic(),
        set(&["api::one", "api::two", "cli", "error"])
    );
}
