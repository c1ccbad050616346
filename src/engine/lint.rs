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
use finding::Severity;
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
    findings: RefCell<BTreeSet<Finding>>,
}

/// A source being checked.
struct LintedSource<'a> {
    linter: &'a Linter,
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
            findings: RefCell::default(),
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
        self.findings.into_inner().into_iter().collect()
    }

    /// Checks one source and returns its definitions.
    fn source(&self, name: &str, text: &str, around: &Functions, main: bool) -> Functions {
        let ast = match compile::compile(&self.engine, &self.sources, name, text) {
            Ok(ast) => ast,
            Err(error) => {
                self.script_error(name, error.into());
                return Functions::default();
            }
        };
        let mut source = LintedSource {
            linter: self,
            name,
            functions: Functions::of(&ast),
            words: Words::of(&ast),
            around,
            ast,
        };
        source.functions.modules = self.imports(&source);
        calls::check(&source);
        options::check(&source, main);
        variables::check(&source, text);
        reach::check(&source);
        source.functions
    }

    /// Adds a syntax error or an unknown variable.
    fn script_error(&self, name: &str, error: EvalAltResult) {
        let error = ScriptError::new(error, name, &self.sources);
        let place = error.place.map(|place| (place.line, place.column));
        self.add(name, place, Severity::Error, error.failure);
    }

    fn add(&self, name: &str, place: Option<(usize, usize)>, severity: Severity, failure: Failure) {
        let (line, column) = place.unwrap_or_default();
        self.findings.borrow_mut().insert(Finding {
            file: name.to_owned(),
            line,
            column,
            severity,
            message: failure.message,
            hint: failure.hint,
        });
    }

    /// Returns the modules that a source imports, by their names. `None` if the file isn't known.
    fn imports(&self, source: &LintedSource<'_>) -> BTreeMap<String, Option<Rc<Functions>>> {
        let mut found = BTreeMap::new();
        source.ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
                let (from, alias) = &**import;
                let (path, module) = match from {
                    Expr::StringConstant(path, position) => {
                        (Some(path.clone()), self.module(source, path, *position))
                    }
                    _ => (None, None),
                };
                let (known, module_found) = found
                    .entry(alias.name.to_string())
                    .or_insert_with(|| (path.clone(), module));
                // Two modules with the same name are ambiguous.
                if *known != path {
                    *module_found = None;
                }
            }
            true
        });
        let found = found.into_iter();
        found.map(|(alias, (_, module))| (alias, module)).collect()
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
                source.error(position, Failure::usage(problem));
                return None;
            }
        };
        let mut around = source.around.clone();
        around.join(&source.functions);
        let functions = Rc::new(self.source(&name, &text, &around, false));
        let known = Some(functions);
        self.modules.borrow_mut().insert(file, known.clone());
        known
    }
}

impl LintedSource<'_> {
    /// Adds an error.
    fn error(&self, position: Position, failure: Failure) {
        self.add(position, Severity::Error, failure);
    }

    /// Adds a warning.
    fn warning(&self, position: Position, failure: Failure) {
        self.add(position, Severity::Warning, failure);
    }

    fn add(&self, position: Position, severity: Severity, failure: Failure) {
        let place = position
            .line()
            .map(|line| (line, position.position().unwrap_or(0)));
        self.linter.add(self.name, place, severity, failure);
    }
}
