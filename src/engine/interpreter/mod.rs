//! Running scripts, prompt statements and calls.

mod try_catch;
mod wiring;

use super::arguments::{self, ArgumentUses};
use super::compile::{self, Sources};
use super::limits::SizeGuard;
use super::modules::{Folders, Modules};
use super::script_error::ScriptError;
use super::types::{self, Defined, DefinedNames, Imported, Shape, SharedNames};
use crate::config::{Config, ScriptLimits};
use crate::error::Failure;
use crate::session::Session;
use crate::session::arguments::{Arguments, Given};
use rhai::{
    AST, Array, Dynamic, Engine, Expr, ImmutableString, Module, OptimizationLevel, Position, Scope,
    ScriptFuncDef, Stmt,
};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use wiring::{Globals, install_hooks, register_functions};

/// Maximum call depth of script functions.
const CALL_DEPTH: usize = 128;
/// Maximum length in bytes of a variable's text that completion may use as a name.
const SHORT_TEXT: usize = 256;

/// The engine with its session, and the state that lasts between prompt statements.
pub(crate) struct Interpreter {
    engine: Engine,
    session: Rc<Session>,
    sources: Sources,
    scope: Scope<'static>,
    functions: AST,
    globals: Globals,
    names: SharedNames,
    /// Modules imported at the prompt.
    modules: Vec<Imported>,
    lines: usize,
    /// Where modules are looked up first: the current folder if there's no script file.
    script_dir: PathBuf,
}

impl Interpreter {
    /// Returns an interpreter with an empty scope. Modules are looked up in `script_dir` first.
    pub(crate) fn new(session: Rc<Session>, script_dir: PathBuf) -> Self {
        let sources = Sources::default();
        let globals = Globals::default();
        let mut engine = language();
        register_functions(&mut engine, &session);
        let limits = limits(&session);
        limits.register(&mut engine);
        install_hooks(&mut engine, &session, &globals, SizeGuard::new(limits));
        try_catch::register(&mut engine, &sources);
        let mut interpreter = Self {
            engine,
            session,
            sources,
            scope: Scope::new(),
            functions: AST::empty(),
            globals,
            names: SharedNames::default(),
            modules: Vec::new(),
            lines: 0,
            script_dir: PathBuf::new(),
        };
        interpreter.set_global("args", Array::new().into());
        interpreter.set_folder(script_dir);
        interpreter
    }

    fn set_global(&self, name: &str, value: Dynamic) {
        self.globals.borrow_mut().insert(name.to_owned(), value);
    }

    /// Removes all variables, functions, modules, and `last`.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            names: self.names.clone(),
            ..Self::new(Rc::clone(&self.session), self.script_dir.clone())
        };
        self.names.set(self.defined());
    }

    /// Sets the folder of the prompt's statements, in which modules are looked up first.
    pub(crate) fn set_folder(&mut self, folder: PathBuf) {
        self.set_global("script_dir", folder.display().to_string().into());
        self.script_dir = folder;
        let modules = Modules::new(self.folders(), self.sources.clone());
        self.engine.set_module_resolver(modules);
    }

    /// Returns `script_dir`.
    pub(crate) fn script_dir(&self) -> &Path {
        &self.script_dir
    }

    /// Returns the folders where a script's modules are looked up.
    fn folders(&self) -> Folders {
        Folders::new(self.script_dir.clone(), self.session.choices().lib.clone())
    }

    /// Returns the run's shared state.
    pub(crate) fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Returns the names defined by the prompt's statements, as they are at any time.
    pub(crate) fn names(&self) -> SharedNames {
        self.names.clone()
    }

    /// Runs a whole script. `name` is its name in errors.
    #[cfg(test)]
    pub(crate) fn run(&mut self, name: &str, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        let ast = self.compile(name, text)?;
        self.evaluate(&ast)
    }

    /// Runs a whole script with the arguments after it on the command line. `how` is the call, for example `zshell run
    /// FILE`. If the arguments ask for the script's help, it's written and nothing runs.
    pub(crate) fn run_with(
        &mut self,
        name: &str,
        text: &str,
        words: &[String],
        how: &str,
    ) -> Result<Dynamic, Box<ScriptError>> {
        let ast = self.compile(name, text)?;
        let mut found = arguments::find(&ast);
        if found.declaration().is_some() {
            // Rhai's optimizer sorts the keys of constant maps. Without it they have the order of the source.
            let level = self.engine.optimization_level();
            self.engine.set_optimization_level(OptimizationLevel::None);
            let plain = self.compile(name, text);
            self.engine.set_optimization_level(level);
            found = arguments::find(&plain?);
        }
        let uses = ArgumentUses::of(name, text, &self.folders());
        if arguments::asks_help(words) {
            let help = arguments::help(how, text, &found, uses);
            self.session.write(|out| out.write_all(help.as_bytes()))?;
            return Ok(Dynamic::UNIT);
        }
        let declaration = found.declaration();
        let given = Given::read(words, declaration);
        let opts = match declaration {
            Some(declaration) => declaration.complete(&given),
            None => Ok(given.undeclared()),
        };
        let used = uses.check(&given, declaration.is_some());
        let opts = opts
            .and_then(|opts| used.map(|()| opts))
            .map_err(|failure| {
                let usage = arguments::usage(how, declaration, uses);
                let message = format!("{}\nusage: {usage}", failure.message);
                Failure { message, ..failure }.or_hint(&format!("{how} --help shows its options"))
            })?;
        let args: Array = given.args.iter().cloned().map(Dynamic::from).collect();
        self.set_global("args", args.into());
        self.session.arguments.replace(Arguments { given, opts });
        self.evaluate(&ast)
    }

    /// Runs one statement of the prompt. Variables, functions and modules last until the next statement. A failing
    /// statement keeps the earlier ones and the functions it defined.
    pub(crate) fn run_line(&mut self, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        self.lines += 1;
        let name = self.line_name();
        let value = self.run_among(&name, text)?;
        self.set_last(&value);
        Ok(value)
    }

    /// Returns the name of the last statement in errors.
    pub(crate) fn line_name(&self) -> String {
        format!("prompt[{}]", self.lines)
    }

    /// Runs a whole script in the prompt's scope. `name` is its name in errors, and if it's a file, modules are looked
    /// up beside it.
    pub(crate) fn run_among(
        &mut self,
        name: &str,
        text: &str,
    ) -> Result<Dynamic, Box<ScriptError>> {
        let ast = self.compile(name, text)?;
        for function in ast.iter_functions() {
            self.sources.set_home(function.name, name);
        }
        let mut all = self.functions.merge(&ast);
        all.set_source(name);
        let result = self.evaluate(&all);
        self.functions = all.clone_functions_only();
        if result.is_ok() {
            self.keep_modules(&ast);
        }
        self.names.set(self.defined());
        result
    }

    /// Returns the value of `last`.
    pub(crate) fn last(&self) -> Dynamic {
        let last = self.globals.borrow().get("last").cloned();
        last.unwrap_or_default()
    }

    /// Sets `last`, unless the value is unit.
    pub(crate) fn set_last(&self, value: &Dynamic) {
        if !value.is_unit() {
            self.set_global("last", value.clone());
            self.names.set(self.defined());
        }
    }

    /// Evaluates a statement without changing the prompt's scope, for `:watch`.
    pub(crate) fn glance(&self, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        let name = "watched";
        let ast = self.compile(name, text)?;
        let mut all = self.functions.merge(&ast);
        all.set_source(name);
        self.evaluate_in(&mut self.scope.clone(), &all)
    }

    /// Returns true if a statement parses.
    pub(crate) fn check(&self, text: &str) -> Result<(), Box<ScriptError>> {
        self.compile("watched", text).map(|_| ())
    }

    /// Returns the variables of the prompt's statements in their order, without shadowed ones.
    pub(crate) fn variables(&self) -> Vec<(&str, &Dynamic)> {
        let mut variables: Vec<(&str, &Dynamic)> = Vec::new();
        // The scope begins with the latest variable.
        for (name, _, value) in self.scope.iter_raw() {
            if !variables.iter().any(|(known, _)| *known == name) {
                variables.push((name, value));
            }
        }
        variables.reverse();
        variables
    }

    /// Returns the names defined by the statements so far.
    fn defined(&self) -> DefinedNames {
        let variables = self.variables();
        let texts = variables.iter().filter_map(|(name, value)| {
            let text = value.read_lock::<ImmutableString>()?;
            let is_short = text.len() <= SHORT_TEXT;
            is_short.then(|| ((*name).to_owned(), text.to_string()))
        });
        let texts = texts.collect();
        let globals = self.globals.borrow();
        let globals = globals.iter().map(|(name, value)| (name.as_str(), value));
        let variables = variables.into_iter().chain(globals);
        let is_named = |it: &ScriptFuncDef| !it.name.starts_with("anon$");
        DefinedNames {
            variables: variables
                .map(|(name, value)| (name.to_owned(), Shape::of(value)))
                .collect(),
            texts,
            functions: defined(self.functions.shared_lib(), is_named),
            modules: self.modules.clone(),
        }
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, Box<ScriptError>> {
        compile::compile(&self.engine, &self.sources, name, text)
            .map_err(|error| Box::new(ScriptError::new(error.into(), name, &self.sources)))
    }

    fn evaluate(&mut self, ast: &AST) -> Result<Dynamic, Box<ScriptError>> {
        let mut scope = std::mem::take(&mut self.scope);
        let result = self.evaluate_in(&mut scope, ast);
        self.scope = scope;
        result
    }

    fn evaluate_in(
        &self,
        scope: &mut Scope<'static>,
        ast: &AST,
    ) -> Result<Dynamic, Box<ScriptError>> {
        let name = ast.source().unwrap_or_default().to_owned();
        self.engine
            .eval_ast_with_scope::<Dynamic>(scope, ast)
            .map(Dynamic::flatten)
            .map_err(|error| Box::new(ScriptError::new(*error, &name, &self.sources)))
            .and_then(|value| self.unless_stopped(value))
    }

    /// A script that missed a stop, or whose output was lost, hasn't succeeded.
    fn unless_stopped(&self, value: Dynamic) -> Result<Dynamic, Box<ScriptError>> {
        if self.session.exit_code().is_some() {
            return Ok(value);
        }
        self.session.interrupt.check().map_err(Failure::from)?;
        self.session
            .unwritten()
            .map_or(Ok(value), |failure| Err(failure.into()))
    }

    /// A module imported at the prompt stays available for later statements.
    fn keep_modules(&mut self, ast: &AST) {
        for statement in ast.statements() {
            let Stmt::Import(import, _) = statement else {
                continue;
            };
            let (Expr::StringConstant(path, _), alias) = &**import else {
                continue;
            };
            let resolver = self.engine.module_resolver();
            if let Ok(module) = resolver.resolve(&self.engine, ast.source(), path, Position::NONE) {
                self.modules.retain(|known| known.name != alias.name);
                self.modules.push(imported(&alias.name, &module));
                self.engine
                    .register_static_module(alias.name.as_str(), module);
            }
        }
    }
}

/// Returns an engine with the language's grammar and types, but without zshell's functions.
pub(super) fn language() -> Engine {
    let mut engine = Engine::new();
    engine.set_max_call_levels(CALL_DEPTH);
    compile::language(&mut engine);
    types::register_all(&mut engine);
    engine
}

/// Returns the limits of `config.toml`. An unreadable file is reported, and the defaults apply.
fn limits(session: &Session) -> ScriptLimits {
    Config::load().map_or_else(
        |failure| {
            session.notice(&failure.to_string());
            ScriptLimits::default()
        },
        |config| config.limits,
    )
}

/// Returns a module's own names.
fn imported(name: &str, module: &Module) -> Imported {
    let variables = module.iter_var();
    Imported {
        name: name.to_owned(),
        functions: defined(module, |it| !it.access.is_private()),
        variables: variables
            .map(|(name, value)| (name.to_owned(), Shape::of(value)))
            .collect(),
    }
}

/// Returns functions of a script or module.
fn defined(module: &Module, is_wanted: impl Fn(&ScriptFuncDef) -> bool) -> Vec<Defined> {
    let functions = module.iter_script_fn_info().map(|(.., function)| function);
    let functions = functions
        .filter(|it| is_wanted(it))
        .map(|function| Defined {
            name: function.name.to_string(),
            parameters: function.params.iter().map(ToString::to_string).collect(),
        });
    functions.collect()
}
