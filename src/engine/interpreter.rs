//! Running scripts, lines and calls with an engine that has all of the language.

mod wiring;

use super::arguments::{self, Given};
use super::compile::{self, Sources};
use super::modules::{Folders, Modules};
use super::script_error::ScriptError;
use super::values::{self, Defined, Imported, Names, Shape};
use crate::error::Failure;
use crate::session::Session;
use rhai::{AST, Array, Dynamic, Engine, EvalAltResult, Module, Position, Scope, Stmt};
use std::path::PathBuf;
use std::rc::Rc;
use wiring::{Globals, install_hooks, register_functions};

/// How deeply script functions may call each other.
const CALL_DEPTH: usize = 128;

/// What a script is told of where it stands.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// `script_dir`: modules are looked for here; the current folder where there is no script file.
    pub script_dir: PathBuf,
}

/// The engine with its session, and what lasts from one line to the next.
pub struct Interpreter {
    engine: Engine,
    session: Rc<Session>,
    sources: Sources,
    scope: Scope<'static>,
    functions: AST,
    globals: Globals,
    /// What was imported at the prompt.
    modules: Vec<Imported>,
    lines: usize,
    setup: Setup,
}

impl Interpreter {
    /// An interpreter with an empty scope.
    pub fn new(session: Rc<Session>, setup: Setup) -> Self {
        let sources = Sources::default();
        let globals = Globals::default();
        globals.borrow_mut().extend([
            ("args".to_owned(), Array::new().into()),
            (
                "script_dir".to_owned(),
                setup.script_dir.display().to_string().into(),
            ),
        ]);
        let mut engine = language();
        register_functions(&mut engine, &session);
        install_hooks(&mut engine, &session, &globals);
        let folders = Folders::new(setup.script_dir.clone(), session.choices().lib.clone());
        engine.set_module_resolver(Modules::new(folders, sources.clone()));
        Self {
            engine,
            session,
            sources,
            scope: Scope::new(),
            functions: AST::empty(),
            globals,
            modules: Vec::new(),
            lines: 0,
            setup,
        }
    }

    /// Forgets every variable, function and module, and `last`.
    pub fn reset(&mut self) {
        *self = Self::new(Rc::clone(&self.session), self.setup.clone());
        self.session.known.set_names(self.names());
    }

    /// What the script was told.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The run's shared state.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Runs a whole script; `name` is how errors call it.
    pub fn run(&mut self, name: &str, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        let ast = self.compile(name, text)?;
        self.evaluate(&ast)
    }

    /// Runs a whole script with what follows it on the command line; `how` is how it is called, e.g. `zshell run FILE`.
    /// Where the words ask for the script's help, that is written and nothing runs.
    pub fn run_with(
        &mut self,
        name: &str,
        text: &str,
        words: &[String],
        how: &str,
    ) -> Result<Dynamic, Box<ScriptError>> {
        let ast = self.compile(name, text)?;
        let found = arguments::find(&ast);
        if arguments::asks_help(words) {
            let help = arguments::help(how, text, &found);
            self.session.write(|out| out.write_all(help.as_bytes()))?;
            return Ok(Dynamic::UNIT);
        }
        let declaration = found.declaration();
        let given = Given::read(words, declaration);
        let opts = match declaration {
            Some(declaration) => declaration.complete(&given),
            None => Ok(given.undeclared()),
        };
        let opts = opts.map_err(|failure| {
            let usage = arguments::usage(how, declaration);
            let message = format!("{}\nusage: {usage}", failure.message);
            Failure { message, ..failure }.or_hint(&format!("{how} --help tells what it takes"))
        })?;
        let args: Array = given.args.iter().cloned().map(Dynamic::from).collect();
        self.globals
            .borrow_mut()
            .insert("args".to_owned(), args.into());
        self.session.arguments.set(given, opts);
        self.evaluate(&ast)
    }

    /// Runs one statement of the prompt. Variables, functions and modules last until the next one; a failing line
    /// keeps what was there before, and the functions it defined.
    pub fn run_line(&mut self, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        self.lines += 1;
        let name = self.line_name();
        let value = self.run_among(&name, text)?;
        self.set_last(&value);
        Ok(value)
    }

    /// How errors call the statement that was run last.
    pub fn line_name(&self) -> String {
        format!("prompt[{}]", self.lines)
    }

    /// Runs a whole script among the statements of the prompt: what it declares lasts. `name` is how errors call it,
    /// and its modules are looked for beside it where that is a file.
    pub fn run_among(&mut self, name: &str, text: &str) -> Result<Dynamic, Box<ScriptError>> {
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
        self.session.known.set_names(self.names());
        result
    }

    /// Makes a value `last`; nothing is no value.
    pub fn set_last(&self, value: &Dynamic) {
        if !value.is_unit() {
            let last = ("last".to_owned(), value.clone());
            self.globals.borrow_mut().extend([last]);
            self.session.known.set_names(self.names());
        }
    }

    /// Evaluates a statement of the prompt of which nothing lasts: its declarations end with it, and variables are
    /// afterwards what they were.
    pub fn glance(&self, text: &str) -> Result<Dynamic, Box<ScriptError>> {
        let name = "watched";
        let ast = self.compile(name, text)?;
        let mut all = self.functions.merge(&ast);
        all.set_source(name);
        self.evaluate_in(&mut self.scope.clone(), &all)
    }

    /// Whether a statement parses.
    pub fn check(&self, text: &str) -> Result<(), Box<ScriptError>> {
        self.compile("watched", text).map(|_| ())
    }

    /// What has a name after the statements run so far.
    fn names(&self) -> Names {
        let mut variables: Vec<(String, Shape)> = Vec::new();
        for (name, _, value) in self.scope.iter_raw().collect::<Vec<_>>().into_iter().rev() {
            if !variables.iter().any(|(known, _)| known == name) {
                variables.push((name.to_owned(), Shape::of(value)));
            }
        }
        let globals = self.globals.borrow();
        variables.extend(
            globals
                .iter()
                .map(|(name, value)| (name.clone(), Shape::of(value))),
        );
        let functions = self.functions.iter_functions().map(|function| Defined {
            name: function.name.to_owned(),
            parameters: function.params.iter().map(ToString::to_string).collect(),
        });
        Names {
            variables,
            functions: functions
                .filter(|it| !it.name.starts_with("anon$"))
                .collect(),
            modules: self.modules.clone(),
        }
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, Box<ScriptError>> {
        compile::compile(&self.engine, &self.sources, name, text).map_err(|error| {
            Box::new(ScriptError::new(
                EvalAltResult::from(error),
                name,
                &self.sources,
            ))
        })
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

    /// A script that ended only because it did not notice the stop, or whose output was lost, has not succeeded.
    fn unless_stopped(&self, value: Dynamic) -> Result<Dynamic, Box<ScriptError>> {
        if self.session.exit_code().is_some() {
            return Ok(value);
        }
        self.session.interrupt.check().map_err(Failure::from)?;
        self.session
            .unwritten()
            .map_or(Ok(value), |failure| Err(failure.into()))
    }

    /// A module imported at the prompt stays for the next lines.
    fn keep_modules(&mut self, ast: &AST) {
        for statement in ast.statements() {
            let Stmt::Import(import, _) = statement else {
                continue;
            };
            let (path, alias) = &**import;
            let Some(path) = path.get_literal_value(None) else {
                continue;
            };
            let Ok(path) = path.into_immutable_string() else {
                continue;
            };
            let resolver = self.engine.module_resolver();
            if let Ok(module) = resolver.resolve(&self.engine, ast.source(), &path, Position::NONE)
            {
                self.modules.retain(|known| known.name != alias.name);
                self.modules.push(imported(&alias.name, &module));
                self.engine
                    .register_static_module(alias.name.as_str(), module);
            }
        }
    }
}

/// The engine with the language's grammar and values, but without our functions.
pub(super) fn language() -> Engine {
    let mut engine = Engine::new();
    engine.set_max_call_levels(CALL_DEPTH);
    compile::language(&mut engine);
    values::register(&mut engine);
    engine
}

/// The names that a module has under its own.
fn imported(name: &str, module: &Module) -> Imported {
    let functions = module
        .iter_script_fn_info()
        .filter(|(_, access, ..)| !access.is_private());
    let variables = module.iter_var();
    Imported {
        name: name.to_owned(),
        functions: functions
            .map(|(_, _, name, _, function)| Defined {
                name: name.to_owned(),
                parameters: function.params.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        variables: variables
            .map(|(name, value)| (name.to_owned(), Shape::of(value)))
            .collect(),
    }
}
