//! Modules: `import "path" as name;`.
//!
//! A path is relative to the folder of the script that imports it, `.rhai` may be left out, and the text goes through
//! the same [`compile`](super::compile::compile) as everything else. A module is read and run once.

use super::compile::{Sources, compile};
use crate::error::{Failure, Kind};
use rhai::{Dynamic, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads modules from files.
pub struct Modules {
    root: PathBuf,
    sources: Sources,
    loaded: RefCell<BTreeMap<PathBuf, Shared<Module>>>,
    loading: RefCell<Vec<PathBuf>>,
}

impl Modules {
    /// A resolver whose paths are relative to `root` where the importing source is not a file.
    pub fn new(root: PathBuf, sources: Sources) -> Self {
        Self {
            root,
            sources,
            loaded: RefCell::default(),
            loading: RefCell::default(),
        }
    }

    /// The file a path means, seen from the source that names it.
    fn file(&self, importer: Option<&str>, path: &str) -> PathBuf {
        let folder = importer
            .map(Path::new)
            .filter(|source| source.is_file())
            .and_then(Path::parent)
            .unwrap_or(&self.root);
        let mut file = folder.join(path);
        if !file.is_file() && file.extension().is_none_or(|extension| extension != "rhai") {
            file.as_mut_os_string().push(".rhai");
        }
        file.canonicalize().unwrap_or(file)
    }

    fn load(
        &self,
        engine: &Engine,
        file: &Path,
        path: &str,
        position: Position,
    ) -> Result<Module, Box<EvalAltResult>> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            not_loaded(&format!("no module {path:?}: {name}: {error}"), position)
        })?;
        let in_module =
            |error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, position));
        let ast = compile(engine, &self.sources, &name, &text)
            .map_err(|error| in_module(Box::new(EvalAltResult::from(error))))?;
        Module::eval_ast_as_new(Scope::new(), &ast, engine).map_err(in_module)
    }
}

/// Not Rhai's own error for it, of which the interpreter keeps only the path that the script named.
fn not_loaded(message: &str, position: Position) -> Box<EvalAltResult> {
    let failure = Failure::new(Kind::Script, message).with_hint(
        "a module's path is relative to the script's folder: import \"lib/dates\" as dates;",
    );
    Box::new(EvalAltResult::ErrorRuntime(
        Dynamic::from(failure),
        position,
    ))
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        importer: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let file = self.file(importer, path);
        if let Some(module) = self.loaded.borrow().get(&file) {
            return Ok(Shared::clone(module));
        }
        if self.loading.borrow().contains(&file) {
            let message = format!("the module {path:?} imports itself, directly or through others");
            return Err(not_loaded(&message, position));
        }
        self.loading.borrow_mut().push(file.clone());
        let module = self.load(engine, &file, path, position);
        self.loading.borrow_mut().pop();
        let module = Shared::new(module?);
        self.loaded
            .borrow_mut()
            .insert(file, Shared::clone(&module));
        Ok(module)
    }
}
