//! `zshell lint`: finds mistakes in a script without running it.
//!
//! Only certain mistakes are reported: syntax errors, unknown functions or numbers of arguments, unknown keys in
//! literal option maps, unknown variables and options, missing modules, unreachable statements. A method of a value of
//! unknown type counts as defined if any type has it or a map of the script may contain it.

mod calls;
mod finding;
mod known;
mod options;
mod reach;
mod variables;

pub(crate) use finding::Finding;

use super::compile::{self, Sources};
use super::interpreter::language;
use super::modules::Folders;
use super::script_error::ScriptError;
use crate::error::Failure;
use crate::fsutil;
use finding::LintReport;
use known::{Functions, Natives, Words};
use rhai::{AST, ASTNode, Engine, EvalAltResult, Expr, OptimizationLevel, Position, Stmt};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Checks scripts and the modules they import.
pub struct Linter {
    engine: Engine,
    sources: Sources,
    natives: Natives,
    folders: RefCell<Folders>,
    /// The definitions of each module file. `None` while the file is being checked.
    modules: RefCell<BTreeMap<PathBuf, Option<Rc<Functions>>>>,
    report: LintReport,
}

/// A source being checked.
struct LintedSource<'a> {
    name: &'a str,
    ast: AST,
    /// Its own functions.
    functions: Functions,
    /// Functions of the importing script, which a module may call.
    around: &'a Functions,
    words: Words,
}

impl Linter {
    /// Returns a linter that looks up modules in these folders.
    pub fn new(folders: Folders) -> Self {
        let mut engine = language();
        // An optimizer would remove code that must be checked.
        engine.set_optimization_level(OptimizationLevel::None);
        Self {
            natives: Natives::of(&engine),
            engine,
            sources: Sources::default(),
            folders: RefCell::new(folders),
            modules: RefCell::default(),
            report: LintReport::default(),
        }
    }

    /// Checks a script. `name` is its file, which determines the module folders.
    pub fn script(&self, name: &str, text: &str) {
        let file = Path::new(name);
        if let Some(folder) = file.parent().filter(|_| file.is_file()) {
            self.folders.borrow_mut().set_root(folder.to_owned());
        }
        self.source(name, text, &Functions::default(), true);
    }

    /// Returns the findings without duplicates, sorted by file and position.
    pub fn findings(self) -> Vec<Finding> {
        self.report.findings()
    }

    /// Checks one source and returns its definitions.
    fn source(&self, name: &str, text: &str, around: &Functions, main: bool) -> Functions {
        let ast = match compile::compile(&self.engine, &self.sources, name, text) {
            Ok(ast) => ast,
            Err(error) => {
                let error = ScriptError::new(EvalAltResult::from(error), name, &self.sources);
                self.report.error_of(name, &error);
                return Functions::default();
            }
        };
        let mut source = LintedSource {
            name,
            functions: Functions::of(&ast),
            words: Words::of(&ast),
            around,
            ast,
        };
        source.functions.modules = self.imports(&source);
        calls::check(self, &source);
        options::check(self, &source, main);
        variables::check(self, &source, text);
        reach::check(self, &source);
        source.functions
    }

    /// Returns the modules that a source imports, by their names. `None` if the file isn't known.
    fn imports(&self, source: &LintedSource<'_>) -> BTreeMap<String, Option<Rc<Functions>>> {
        let mut seen: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
        let mut places = Vec::new();
        source.ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
                let (from, alias) = &**import;
                let path = match from {
                    Expr::StringConstant(path, position) => {
                        places.push((path.to_string(), *position));
                        Some(path.to_string())
                    }
                    _ => None,
                };
                seen.entry(alias.name.to_string()).or_default().insert(path);
            }
            true
        });
        let mut found = BTreeMap::new();
        for (path, position) in places {
            let module = self.module(source, &path, position);
            found.insert(path, module);
        }
        let resolve = |paths: BTreeSet<Option<String>>| {
            let mut paths = paths.into_iter();
            // Two modules with the same name are ambiguous.
            match (paths.next().flatten(), paths.next()) {
                (Some(path), None) => found.get(&path).cloned().flatten(),
                _ => None,
            }
        };
        seen.into_iter()
            .map(|(alias, paths)| (alias, resolve(paths)))
            .collect()
    }

    fn module(
        &self,
        source: &LintedSource<'_>,
        path: &str,
        position: Position,
    ) -> Option<Rc<Functions>> {
        let file = self.folders.borrow().file(Some(source.name), path);
        if let Some(known) = self.modules.borrow().get(&file) {
            return known.clone();
        }
        self.modules.borrow_mut().insert(file.clone(), None);
        let name = file.display().to_string();
        let text = match fsutil::read_text(&file) {
            Ok(text) => text,
            Err(error) => {
                let besides = self.folders.borrow().told(Some(source.name));
                let problem = format!("no module {path:?}: {name}: {error}{besides}");
                self.report
                    .error(source.name, position, Failure::usage(problem));
                return None;
            }
        };
        let mut around = source.around.clone();
        around.join(&source.functions);
        let functions = Rc::new(self.source(&name, &text, &around, false));
        self.modules
            .borrow_mut()
            .insert(file, Some(Rc::clone(&functions)));
        Some(functions)
    }
}
