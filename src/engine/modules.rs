//! Modules: `import "path" as name;`.
//!
//! A path is relative to the folder of the file that imports it, else to that of the script that runs, else to one of the
//! library folders (`--lib`, `ZSHELL_LIB`, `lib` in `config.toml`); `.rhai` may be left out, and the text goes through the same
//! [`compile`](super::compile::compile) as everything else. A module is read and run once, and again where it is
//! imported after its file, or one that it imports, has changed.

use super::compile::{Sources, compile};
use crate::config;
use crate::error::{Failure, Kind};
use crate::render::words;
use rhai::{Dynamic, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// When a file was changed last, and how long it is: another stamp is another text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp(Option<SystemTime>, u64);

impl Stamp {
    /// The stamp of a file; `None` where it cannot be looked at.
    fn of(file: &Path) -> Option<Self> {
        let about = file.metadata().ok()?;
        Some(Self(about.modified().ok(), about.len()))
    }
}

/// A module that was read and run.
struct Loaded {
    module: Shared<Module>,
    stamp: Option<Stamp>,
    /// The modules that it imports itself.
    imports: BTreeSet<PathBuf>,
}

/// A module that is being read and run.
struct Loading {
    file: PathBuf,
    imports: BTreeSet<PathBuf>,
}

/// Where modules are looked for.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    root: PathBuf,
    libraries: Vec<PathBuf>,
    /// Those of `config.toml`, read once a module lies nowhere else.
    configured: OnceCell<Result<Vec<PathBuf>, Failure>>,
}

impl Folders {
    /// Paths are relative to the importing file, then to `root`, the script's own folder, and then to each of the
    /// libraries.
    pub const fn new(root: PathBuf, libraries: Vec<PathBuf>) -> Self {
        let configured = OnceCell::new();
        Self {
            root,
            libraries,
            configured,
        }
    }

    /// Another script's folder from here on.
    pub fn set_root(&mut self, root: PathBuf) {
        self.root = root;
    }

    /// The file a path means, seen from the source that names it: the first that is there, or where it should be.
    pub fn file(&self, importer: Option<&str>, path: &str) -> PathBuf {
        let folder = self.beside(importer);
        let first = module_file(folder, path);
        let there = |file: &PathBuf| file.is_file();
        let found = Some(first.clone()).filter(there).or_else(|| {
            let mut others = self.others();
            others.find_map(|folder| Some(module_file(folder, path)).filter(there))
        });
        let file = found.unwrap_or(first);
        file.canonicalize().unwrap_or(file)
    }

    /// Where a source's modules are looked for first.
    fn beside<'a>(&'a self, importer: Option<&'a str>) -> &'a Path {
        importer
            .map(Path::new)
            .filter(|source| source.is_file())
            .and_then(Path::parent)
            .unwrap_or(&self.root)
    }

    /// Where a module may lie that does not lie beside the importing file.
    fn others(&self) -> impl Iterator<Item = &PathBuf> {
        let libraries = || self.libraries.iter().chain(self.configured());
        // What lies in the script's own folder does not need the settings.
        std::iter::once(&self.root).chain(std::iter::once_with(libraries).flatten())
    }

    fn configured(&self) -> &[PathBuf] {
        let folders = self.configured.get_or_init(config::libraries);
        folders.as_deref().unwrap_or_default()
    }

    /// Where else than beside the source that names it a module was looked for, as errors tell it.
    pub fn told(&self, importer: Option<&str>) -> String {
        // A lone file name's folder is the empty path.
        let real = |folder: &Path| Path::new(".").join(folder).canonicalize().ok();
        let first = real(self.beside(importer));
        let folders = self.others().filter(|it| real(it) != first);
        let told: Vec<String> = folders.map(|it| it.display().to_string()).collect();
        let mut text = if told.is_empty() {
            String::new()
        } else {
            format!(", nor is there one in {}", words::list(&told, "and"))
        };
        if let Some(Err(failure)) = self.configured.get() {
            text.push_str("; ");
            text.push_str(&failure.message);
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
pub struct Modules {
    folders: Folders,
    sources: Sources,
    loaded: RefCell<BTreeMap<PathBuf, Loaded>>,
    loading: RefCell<Vec<Loading>>,
}

impl Modules {
    /// A resolver that looks in these folders.
    pub fn new(folders: Folders, sources: Sources) -> Self {
        Self {
            folders,
            sources,
            loaded: RefCell::default(),
            loading: RefCell::default(),
        }
    }

    /// The module read before, unless a file behind it has changed since.
    fn known(&self, file: &Path) -> Option<Shared<Module>> {
        let loaded = self.loaded.borrow();
        let (mut seen, mut open) = (BTreeSet::new(), vec![file]);
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                let one = loaded.get(file)?;
                if one.stamp.is_none() || one.stamp != Stamp::of(file) {
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
        let text = std::fs::read_to_string(file).map_err(|error| {
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

/// Not Rhai's own error for it, of which the interpreter keeps only the path that the script named.
fn not_loaded(message: &str, position: Position) -> Box<EvalAltResult> {
    let failure = Failure::new(Kind::Script, message).with_hint(
        "a module's path is relative to the file that imports it, to the script's folder, or to a folder of --lib: import \"lib/dates\" as dates;",
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
        let file = self.folders.file(importer, path);
        if let Some(importer) = self.loading.borrow_mut().last_mut() {
            importer.imports.insert(file.clone());
        }
        if let Some(module) = self.known(&file) {
            return Ok(module);
        }
        if self.loading.borrow().iter().any(|one| one.file == file) {
            let message = format!("the module {path:?} imports itself, directly or through others");
            return Err(not_loaded(&message, position));
        }
        self.loading.borrow_mut().push(Loading {
            file: file.clone(),
            imports: BTreeSet::new(),
        });
        // Looked at before the text is read: a change in between is seen at the next import.
        let stamp = Stamp::of(&file);
        let module = self.load(engine, &file, (importer, path), position);
        let ended = self.loading.borrow_mut().pop();
        let module = Shared::new(module?);
        let loaded = Loaded {
            module: Shared::clone(&module),
            stamp,
            imports: ended.map(|one| one.imports).unwrap_or_default(),
        };
        self.loaded.borrow_mut().insert(file, loaded);
        Ok(module)
    }
}
