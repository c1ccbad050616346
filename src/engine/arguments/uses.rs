//! Finds out whether a script uses its arguments, without running it.

use super::find::declares;
use crate::engine::modules::Folders;
use crate::engine::syntax::SourceText;
use crate::error::{Failure, Kind};
use crate::fsutil;
use crate::session::arguments::Given;
use crate::text::words;
use rhai::Token;
use std::collections::BTreeSet;

/// The variables with the script's arguments that a script or one of its modules mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ArgumentUses {
    /// `args`.
    pub(crate) args: bool,
    /// `opts`, or `params`, which fills it.
    pub(crate) opts: bool,
}

impl ArgumentUses {
    const BOTH: Self = Self {
        args: true,
        opts: true,
    };

    /// Returns the uses of a script and of the modules that it imports. A module that can't be found counts as one that
    /// uses everything.
    pub(crate) fn of(name: &str, text: &str, folders: &Folders) -> Self {
        let mut uses = Self::default();
        let mut read = BTreeSet::new();
        let mut open = vec![(name.to_owned(), text.to_owned())];
        while let Some((name, text)) = open.pop() {
            let source = SourceText::read(&text);
            for path in uses.add(&source) {
                let Some(path) = path else {
                    return Self::BOTH;
                };
                let file = folders.file(Some(&name), &path);
                if !read.insert(file.clone()) {
                    continue;
                }
                match fsutil::read_text(&file) {
                    Ok(text) => open.push((file.display().to_string(), text)),
                    Err(_) => return Self::BOTH,
                }
            }
        }
        uses
    }

    /// Adds the uses of one source. Returns the paths of its modules, `None` for one that is computed.
    fn add(&mut self, source: &SourceText) -> Vec<Option<String>> {
        let mut modules = Vec::new();
        for index in 0..source.len() {
            match (source.token(index), source.token(index + 1)) {
                (Some(Token::Import), Some(Token::StringConstant(path))) => {
                    modules.push(Some(path.to_string()));
                }
                (Some(Token::Import), _) => modules.push(None),
                // The key of a map.
                (Some(Token::Identifier(_)), Some(Token::Colon)) => {}
                (Some(Token::Identifier(name)), _) if !source.is_member(index) => {
                    self.args |= **name == "args";
                    self.opts |= **name == "opts" || declares(name);
                }
                _ => {}
            }
        }
        modules
    }

    /// Returns an error that names the given words that the script doesn't use. Declared options are checked elsewhere.
    pub(crate) fn check(self, given: &Given, declares_options: bool) -> Result<(), Failure> {
        let words = given.args.iter().filter(|_| !self.args);
        let mut unused: Vec<String> = words.map(|word| words::quote(word)).collect();
        if !self.opts && !declares_options {
            unused.extend(given.opts.iter().map(|(name, _)| format!("--{name}")));
        }
        if unused.is_empty() {
            return Ok(());
        }
        let unused = words::list(&unused, "and");
        let failure = Failure::new(Kind::Arguments, format!("the script doesn't use {unused}"));
        let is_option = |word: &String| word.len() > 1 && word.starts_with('-');
        let has_options = given.args.iter().any(is_option) || !given.opts.is_empty();
        let hint = "options of zshell come before the command: zshell -o json run FILE";
        Err(failure.with_any_hint(has_options.then_some(hint)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> (bool, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("plain.rhai", "fn f() { 1 }"),
            ("deep.rhai", "import \"reads\" as r; import \"deep\" as d;"),
            ("reads.rhai", "fn f() { args }"),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a module");
        }
        let folders = Folders::new(folder.path().to_owned(), Vec::new());
        let uses = ArgumentUses::of("main", text, &folders);
        (uses.args, uses.opts)
    }

    #[test]
    fn uses_are_found_in_functions_closures_texts_and_modules() {
        for (text, expected) in [
            ("args", (true, false)),
            ("fn f() { args.len() }", (true, false)),
            ("let f = || opts.x;", (false, true)),
            ("print(`${args[0]}`)", (true, false)),
            ("fn f() { params(#{x: 1}) }", (false, true)),
            ("print(\"args opts\"); // args", (false, false)),
            ("let m = #{args: 1}; m.args; m.opts", (false, false)),
            ("import \"plain\" as p;", (false, false)),
            ("import \"deep\" as d;", (true, false)),
            ("import \"gone\" as g;", (true, true)),
            ("let p = \"plain\"; import p as g;", (true, true)),
            ("import(\"c\", \"f\")", (false, false)),
        ] {
            assert_eq!(uses(text), expected, "{text}");
        }
    }
}
