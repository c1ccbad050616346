//! Modules: `import "path" as name;`.
//!
//! A path is looked up beside the importing file, then in the running script's folder, then in the library folders
//! (`--lib`, `ZSHELL_LIB`, `lib` in `config.toml`). The extension `.rhai` may be omitted. The text goes through
//! [`compile`](super::compile::compile) like any other. A module is read and run once, and again if its file, or the
//! file of a module it imports, has changed.

use super::compile::{Sources, compile};
use crate::config;
use crate::error::{Failure, Kind};
use crate::fsutil;
use crate::text::words;
use rhai::{Dynamic, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Modification time and size of a file. A different stamp means a different text.
type Stamp = (Option<SystemTime>, u64);

/// Returns a file's stamp, or `None` if the file isn't accessible.
fn stamp(file: &Path) -> Option<Stamp> {
    let about = file.metadata().ok()?;
    Some((about.modified().ok(), about.len()))
}

/// A module that was read and run.
struct Loaded {
    module: Shared<Module>,
    stamp: Option<Stamp>,
    /// The modules that it imports.
    imports: BTreeSet<PathBuf>,
}

/// The folders where modules are looked up.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    root: PathBuf,
    libraries: Vec<PathBuf>,
    /// The library folders of `config.toml`, read only if a module isn't found elsewhere.
    configured: OnceCell<Result<Vec<PathBuf>, Failure>>,
}

impl Folders {
    /// Returns the folders: the importing file's, `root` (the script's own folder), then the libraries.
    pub fn new(root: PathBuf, libraries: Vec<PathBuf>) -> Self {
        Self {
            root,
            libraries,
            ..Self::default()
        }
    }

    /// Sets the folder of another script.
    pub fn set_root(&mut self, root: PathBuf) {
        self.root = root;
    }

    /// Returns the file for a path in a source: the first that exists, or the first candidate.
    pub fn file(&self, importer: Option<&str>, path: &str) -> PathBuf {
        let first = self.beside(importer);
        let files = std::iter::once(first).chain(self.others());
        let mut files = files.map(|folder| module_file(folder, path));
        let found = files.find(|file| file.is_file());
        let file = found.unwrap_or_else(|| module_file(first, path));
        file.canonicalize().unwrap_or(file)
    }

    /// Returns the folder where a source's modules are looked up first.
    fn beside<'a>(&'a self, importer: Option<&'a str>) -> &'a Path {
        importer
            .map(Path::new)
            .filter(|source| source.is_file())
            .and_then(Path::parent)
            .unwrap_or(&self.root)
    }

    /// Returns candidates for a module that isn't beside the importing file.
    fn others(&self) -> impl Iterator<Item = &Path> {
        // The settings aren't read for modules in the script's own folder.
        let configured = std::iter::once_with(|| self.configured.get_or_init(config::libraries));
        let configured = configured.flatten().flatten();
        let libraries = self.libraries.iter().chain(configured);
        std::iter::once(&self.root)
            .chain(libraries)
            .map(PathBuf::as_path)
    }

    /// Returns the other folders that were searched, for error messages.
    pub fn told(&self, importer: Option<&str>) -> String {
        // The folder of a bare file name is the empty path.
        let real = |folder: &Path| Path::new(".").join(folder).canonicalize().ok();
        let first = real(self.beside(importer));
        let folders = self.others().filter(|it| real(it) != first);
        let told: Vec<String> = folders.map(|it| it.display().to_string()).collect();
        let mut text = String::new();
        if !told.is_empty() {
            text = format!(", nor is there one in {}", words::list(&told, "and"));
        }
        if let Some(Err(failure)) = self.configured.get() {
            text = format!("{text}; {}", failure.message);
        }
        text
    }
}

fn module_file(folder: &Path, path: &str) -> PathBuf {
    let mut file = folder.join(path);
    if !file.is_file() && file.extension().is_none_or(|extension| extension != "rhai") {
        file.as_mut_os_string().push(".rhai");
    }
    file
}

/// Reads modules from files.
pub(crate) struct Modules {
    folders: Folders,
    sources: Sources,
    loaded: RefCell<BTreeMap<PathBuf, Loaded>>,
    /// The modules that are being read and run, each with the modules that it imports.
    loading: RefCell<Vec<(PathBuf, BTreeSet<PathBuf>)>>,
}

impl Modules {
    /// Returns a resolver for these folders.
    pub(crate) fn new(folders: Folders, sources: Sources) -> Self {
        Self {
            folders,
            sources,
            loaded: RefCell::default(),
            loading: RefCell::default(),
        }
    }

    /// Returns a module that was read before, unless one of its files has changed.
    fn known(&self, file: &Path) -> Option<Shared<Module>> {
        let loaded = self.loaded.borrow();
        let (mut seen, mut open) = (BTreeSet::new(), vec![file]);
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                let one = loaded.get(file)?;
                if one.stamp.is_none() || one.stamp != stamp(file) {
                    return None;
                }
                open.extend(one.imports.iter().map(PathBuf::as_path));
            }
        }
        loaded.get(file).map(|one| Shared::clone(&one.module))
    }

    fn load(
        &self,
        engine: &Engine,
        file: &Path,
        (importer, path): (Option<&str>, &str),
        position: Position,
    ) -> Result<Module, Box<EvalAltResult>> {
        let name = file.display().to_string();
        let text = fsutil::read_text(file).map_err(|error| {
            let besides = self.folders.told(importer);
            let message = format!("no module {path:?}: {name}: {error}{besides}");
            not_loaded(&message, position)
        })?;
        let in_module =
            |error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, position));
        let ast = compile(engine, &self.sources, &name, &text)
            .map_err(|error| in_module(Box::new(EvalAltResult::from(error))))?;
        Module::eval_ast_as_new(Scope::new(), &ast, engine).map_err(in_module)
    }
}

/// Rhai's own error would lose everything but the path in the script.
fn not_loaded(message: &str, position: Position) -> Box<EvalAltResult> {
    let failure = Failure::new(Kind::Script, message).with_hint(
        "a module's path is relative to the file that imports it, to the script's folder, or to a folder of --lib: import \"lib/dates\" as dates;",
    );
    EvalAltResult::ErrorRuntime(Dynamic::from(failure), position).into()
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        importer: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let file = self.folders.file(importer, path);
        if let Some((_, imports)) = self.loading.borrow_mut().last_mut() {
            imports.insert(file.clone());
        }
        if let Some(module) = self.known(&file) {
            return Ok(module);
        }
        if self.loading.borrow().iter().any(|(one, _)| *one == file) {
            let message = format!("the module {path:?} imports itself, directly or through others");
            return Err(not_loaded(&message, position));
        }
        let started = (file.clone(), BTreeSet::new());
        self.loading.borrow_mut().push(started);
        // The stamp is taken before the text is read, so the next import sees a change in between.
        let stamp = stamp(&file);
        let module = self.load(engine, &file, (importer, path), position);
        let ended = self.loading.borrow_mut().pop();
        let module = Shared::new(module?);
        let loaded = Loaded {
            module: Shared::clone(&module),
            stamp,
            imports: ended.map(|(_, imports)| imports).unwrap_or_default(),
        };
        self.loaded.borrow_mut().insert(file, loaded);
        Ok(module)
    }
}
