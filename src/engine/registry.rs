//! The table of all functions.
//!
//! The engine registers exactly these functions, and `help()` prints them. The command line, completion and the
//! README's reference are checked against the table.

use super::call::Call;
use super::functions;
use crate::error::Failure;
use crate::session::Session;
use rhai::Dynamic;
use std::rc::Rc;

/// A group of functions in `help()`, by task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Connecting.
    Connect,
    /// Import jobs.
    Jobs,
    /// Collections.
    Collections,
    /// Functions for scripts around imports.
    Script,
}

impl Family {
    /// All families, in the order of `help()`.
    pub const ALL: [Self; 4] = [Self::Connect, Self::Jobs, Self::Collections, Self::Script];

    /// Returns the heading in `help()`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Jobs => "import jobs",
            Self::Collections => "collections",
            Self::Script => "scripts",
        }
    }
}

/// The kind of an argument or option value, which decides the completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takes {
    /// Anything, without completions.
    #[default]
    Anything,
    /// A job, or a job's id as text.
    Job,
    /// The name of a collection of the current connection.
    Collection,
    /// A profile of `config.toml`, or `local`.
    Profile,
    /// A path on this machine.
    Path,
    /// A path of data to import. It's on this machine if the service reads this machine's files.
    Data,
    /// A help page: a function, a type, a topic, or a command with its colon.
    Function,
    /// A state of a job.
    State,
    /// An output format.
    Format,
    /// The name of an environment variable.
    Variable,
    /// `true` or `false`.
    Flag,
    /// One of these words, as text.
    Words(&'static [&'static str]),
    /// A map with the function's options.
    Options,
    /// A map with these keys.
    Keys(&'static [Opt]),
}

/// The type of a function's result, for help and for completion after a dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gives {
    /// Nothing.
    #[default]
    Nothing,
    /// A value whose type depends on the arguments.
    Anything,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A secret.
    Secret,
    /// A connection.
    Connection,
    /// A submitted job.
    Job,
    /// A reading of a job's progress.
    Progress,
    /// The result of many imports.
    Batch,
    /// One reading, or an array of readings for an array of jobs.
    Readings,
    /// An array of job summaries.
    Jobs,
    /// An array of texts.
    Texts,
    /// A map with at least these keys.
    Map(&'static [&'static str]),
    /// An array of maps with at least these keys.
    Maps(&'static [&'static str]),
}

impl Gives {
    /// Returns the type in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Anything => "a value",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Secret => "a Secret",
            Self::Connection => "a Connection",
            Self::Job => "a Job",
            Self::Progress => "a Progress",
            Self::Batch => "a Batch",
            Self::Readings => "a Progress, or an array of them",
            Self::Jobs => "an array of JobSummary",
            Self::Texts => "an array of texts",
            Self::Map(_) => "a map",
            Self::Maps(_) => "an array of maps",
        }
    }
}

/// The confirmation that the prompt asks for before a destructive call on a protected connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The user types the name of the collection, the call's first argument.
    Name,
    /// The user types `y`. The call's first argument is a job.
    Yes,
}

/// One key of an option map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt {
    /// The documented key.
    pub name: &'static str,
    /// Other spellings, from the REST API and pymilvus. Case, `_` and `-` never matter.
    pub aliases: &'static [&'static str],
    /// A short description.
    pub help: &'static str,
    /// The default value as it would be written. Empty if there's none.
    pub default: &'static str,
    /// The kind of value.
    pub takes: Takes,
}

impl Opt {
    /// Sets the default.
    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// Sets the words that the value can be.
    #[must_use]
    pub const fn of(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }
}

/// Returns an option without other spellings.
pub const fn opt(name: &'static str, help: &'static str) -> Opt {
    opt_as(name, &[], help)
}

/// Returns an option with other spellings, from the REST API or pymilvus.
pub const fn opt_as(
    name: &'static str,
    aliases: &'static [&'static str],
    help: &'static str,
) -> Opt {
    Opt {
        name,
        aliases,
        help,
        default: "",
        takes: Takes::Anything,
    }
}

/// One function of the language.
#[derive(Clone, Copy)]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// The family in `help()`.
    pub family: Family,
    /// The forms of a call, as they're typed.
    pub forms: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
    /// An example that can be pasted.
    pub example: &'static str,
    /// The keys of the option map.
    pub options: &'static [Opt],
    /// The kinds of arguments, from the first on.
    pub takes: &'static [Takes],
    /// The type of the result.
    pub gives: Gives,
    /// Related functions, listed on the help page.
    pub related: &'static [&'static str],
    /// Minimum and maximum number of arguments, without the connection.
    pub arity: (usize, usize),
    /// True if the function is also a method of `Connection`.
    pub method: bool,
    /// True if the function replaces one of Rhai's for numbers or text.
    pub replaces: bool,
    /// The confirmation, if the function destroys what its first argument names and the connection is protected.
    pub destroys: Option<Confirm>,
    /// The implementation.
    pub run: fn(&Call) -> Result<Dynamic, Failure>,
}

impl Function {
    /// Returns a function with one argument and no options, which isn't a method.
    pub const fn new(
        family: Family,
        name: &'static str,
        forms: &'static [&'static str],
        help: &'static str,
        example: &'static str,
        run: fn(&Call) -> Result<Dynamic, Failure>,
    ) -> Self {
        Self {
            name,
            family,
            forms,
            help,
            example,
            options: &[],
            takes: &[],
            gives: Gives::Nothing,
            related: &[],
            arity: (1, 1),
            method: false,
            replaces: false,
            destroys: None,
            run,
        }
    }

    /// Makes the function also a method of `Connection`.
    #[must_use]
    pub const fn method(mut self) -> Self {
        self.method = true;
        self
    }

    /// Sets the minimum and maximum number of arguments.
    #[must_use]
    pub const fn arity(mut self, least: usize, most: usize) -> Self {
        self.arity = (least, most);
        self
    }

    /// Sets the keys of the option map.
    #[must_use]
    pub const fn options(mut self, options: &'static [Opt]) -> Self {
        self.options = options;
        self
    }

    /// Sets the kinds of arguments, from the first on.
    #[must_use]
    pub const fn takes(mut self, takes: &'static [Takes]) -> Self {
        self.takes = takes;
        self
    }

    /// Sets the type of the result.
    #[must_use]
    pub const fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// Sets the related functions.
    #[must_use]
    pub const fn related(mut self, names: &'static [&'static str]) -> Self {
        self.related = names;
        self
    }

    /// Marks a function that replaces one of Rhai's.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Marks a function that destroys what its first argument names: a job or a collection.
    #[must_use]
    pub const fn destroys(mut self, confirm: Confirm) -> Self {
        self.destroys = Some(confirm);
        self
    }
}

/// Returns every function, family by family.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        functions::connect::FUNCTIONS,
        functions::account::FUNCTIONS,
        functions::jobs::FUNCTIONS,
        functions::decision::FUNCTIONS,
        functions::import_all::FUNCTIONS,
        functions::wait::FUNCTIONS,
        functions::submissions::FUNCTIONS,
        functions::collections::FUNCTIONS,
        functions::rows::FUNCTIONS,
        functions::script::FUNCTIONS,
        functions::lock::FUNCTIONS,
        functions::ask::FUNCTIONS,
        functions::files::FUNCTIONS,
        functions::time::FUNCTIONS,
        functions::output::FUNCTIONS,
        functions::log::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Returns the function with this name.
pub fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name == name)
}

/// Calls a function without a script, for the plain commands.
pub fn call(session: &Rc<Session>, name: &str, args: Vec<Dynamic>) -> Result<Dynamic, Failure> {
    let function = find(name).ok_or_else(|| Failure::usage(format!("no function {name:?}")))?;
    Call::new(session, function, args).and_then(|call| call.perform())
}

/// Names visible everywhere, even inside functions, with one line of help each.
pub const VARIABLES: &[(&str, &str)] = &[
    ("args", "the script's arguments, an array of text"),
    (
        "opts",
        "the script's options, a map: --name value, or what params() declares",
    ),
    ("script_dir", "the folder of the running script"),
    ("last", "the last value shown at the prompt"),
];
