//! `zshell lint`: what is wrong with a script, found without running it.
//!
//! Reported is only what is certain: text that does not parse, functions that are nowhere defined or do not take that
//! many arguments, unknown keys in written-out option maps, unknown variables and options, modules that are not
//! there, statements that are never reached. A method of a value whose type is not known counts as defined where any
//! type has it, and where a map of the script may hold it.

mod calls;
mod finding;
mod known;
mod options;
mod reach;
mod variables;

pub use finding::{Finding, Severity};

use super::compile::{self, Sources};
use super::interpreter::language;
use super::modules::Folders;
use super::script_error::ScriptError;
use crate::error::Failure;
use finding::Report;
use known::{Functions, Natives, Words};
use rhai::{AST, ASTNode, Engine, EvalAltResult, Expr, OptimizationLevel, Position, Stmt};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Looks through scripts and the modules that they import.
pub struct Linter {
    engine: Engine,
    sources: Sources,
    natives: Natives,
    folders: RefCell<Folders>,
    /// What each module file defines; `None` while it is being looked through.
    modules: RefCell<BTreeMap<PathBuf, Option<Rc<Functions>>>>,
    report: Report,
}

/// One source while it is looked through.
struct Source<'a> {
    name: &'a str,
    ast: AST,
    /// Its own functions.
    functions: Functions,
    /// Functions of the script that imports it, which it may call too.
    around: &'a Functions,
    words: Words,
}

impl Linter {
    /// A linter that looks for modules in these folders.
    pub fn new(folders: Folders) -> Self {
        let mut engine = language();
        // Everything is to be looked at, also what an optimizer would leave out.
        engine.set_optimization_level(OptimizationLevel::None);
        Self {
            natives: Natives::of(&engine),
            engine,
            sources: Sources::default(),
            folders: RefCell::new(folders),
            modules: RefCell::default(),
            report: Report::default(),
        }
    }

    /// Looks through a script; `name` is its file, which says where its modules are.
    pub fn script(&self, name: &str, text: &str) {
        let file = Path::new(name);
        if let Some(folder) = file.parent().filter(|_| file.is_file()) {
            self.folders.borrow_mut().set_root(folder.to_owned());
        }
        self.source(name, text, &Functions::default(), true);
    }

    /// What was found, by file and place, each once.
    pub fn findings(self) -> Vec<Finding> {
        self.report.findings()
    }

    /// Looks through one source and answers what it defines.
    fn source(&self, name: &str, text: &str, around: &Functions, main: bool) -> Functions {
        let ast = match compile::compile(&self.engine, &self.sources, name, text) {
            Ok(ast) => ast,
            Err(error) => {
                let error = ScriptError::new(EvalAltResult::from(error), name, &self.sources);
                self.report.error_of(name, &error);
                return Functions::default();
            }
        };
        let mut source = Source {
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

    /// The modules that a source imports, by the name that it gives them; `None` where it is not known which file it is.
    fn imports(&self, source: &Source<'_>) -> BTreeMap<String, Option<Rc<Functions>>> {
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
            // Of two modules under one name nobody knows which is meant.
            match (paths.next().flatten(), paths.next()) {
                (Some(path), None) => found.get(&path).cloned().flatten(),
                _ => None,
            }
        };
        seen.into_iter()
            .map(|(alias, paths)| (alias, resolve(paths)))
            .collect()
    }

    fn module(&self, source: &Source<'_>, path: &str, position: Position) -> Option<Rc<Functions>> {
        let file = self.folders.borrow().file(Some(source.name), path);
        if let Some(known) = self.modules.borrow().get(&file) {
            return known.clone();
        }
        self.modules.borrow_mut().insert(file.clone(), None);
        let name = file.display().to_string();
        let text = match std::fs::read_to_string(&file) {
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
