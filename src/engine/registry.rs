//! The one table of functions.
//!
//! The engine registers what stands here and nothing else, `help()` prints it, and the command line, completion and
//! the README's reference are checked against it.

use super::call::Call;
use super::functions;
use crate::error::Failure;
use crate::session::Session;
use rhai::Dynamic;
use std::rc::Rc;

/// The task a function belongs to, as `help()` groups them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Connecting.
    Connect,
    /// Import jobs.
    Jobs,
    /// Collections.
    Collections,
    /// What a script needs around them.
    Script,
}

impl Family {
    /// All families, in the order of `help()`.
    pub const ALL: [Self; 4] = [Self::Connect, Self::Jobs, Self::Collections, Self::Script];

    /// The heading in `help()`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Jobs => "import jobs",
            Self::Collections => "collections",
            Self::Script => "scripts",
        }
    }
}

/// What may stand as an argument or as an option's value: what completion offers there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takes {
    /// Anything; nothing to offer.
    #[default]
    Anything,
    /// A job, or its id as text.
    Job,
    /// The name of a collection of the current connection.
    Collection,
    /// A profile of `config.toml`, or `local`.
    Profile,
    /// A path on this machine.
    Path,
    /// A path of data to import: on this machine where the service reads from here.
    Data,
    /// A help page: a function, a type, a topic, or a command with its colon.
    Function,
    /// A state of a job.
    State,
    /// A form of output.
    Format,
    /// The name of an environment variable.
    Variable,
    /// `true` or `false`.
    Flag,
    /// One of these words, as text.
    Words(&'static [&'static str]),
    /// A map with the function's own options.
    Options,
    /// A map with these keys.
    Keys(&'static [Opt]),
}

/// What a function gives: what its help says, and what completion offers behind a dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gives {
    /// Nothing.
    #[default]
    Nothing,
    /// A value whose kind depends on what was given.
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
    /// What came of many imports.
    Batch,
    /// One reading, or an array of them for an array of jobs.
    Readings,
    /// An array of job summaries.
    Jobs,
    /// An array of texts.
    Texts,
    /// A map with these keys among others.
    Map(&'static [&'static str]),
    /// An array of such maps.
    Maps(&'static [&'static str]),
}

impl Gives {
    /// What it is, in words.
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

/// How someone at the prompt confirms a call that destroys something on a protected connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// By typing the name of what is lost, the call's first argument.
    Name,
    /// By `y`; the call's first argument is a job.
    Yes,
}

/// One key of an option map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt {
    /// The key as documented.
    pub name: &'static str,
    /// Other spellings of it, from the REST API and pymilvus; case, `_` and `-` never matter.
    pub aliases: &'static [&'static str],
    /// What it does, in a few words.
    pub help: &'static str,
    /// What holds where it is left out, as it would be written; empty where nothing does.
    pub default: &'static str,
    /// What its value may be.
    pub takes: Takes,
}

impl Opt {
    /// The same option with this default.
    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// The same option, whose value is one of these.
    #[must_use]
    pub const fn of(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }
}

/// An option without other spellings.
pub const fn opt(name: &'static str, help: &'static str) -> Opt {
    opt_as(name, &[], help)
}

/// An option that the REST API or pymilvus spell differently.
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
    /// Its name.
    pub name: &'static str,
    /// The task it belongs to.
    pub family: Family,
    /// Its forms, as they are typed.
    pub forms: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
    /// An example that can be pasted.
    pub example: &'static str,
    /// The keys its option map takes.
    pub options: &'static [Opt],
    /// What its arguments may be, from the first on.
    pub takes: &'static [Takes],
    /// What it gives.
    pub gives: Gives,
    /// Functions that are used together with it.
    pub related: &'static [&'static str],
    /// The least and the most arguments, without the connection.
    pub arity: (usize, usize),
    /// True where it is also a method of `Connection`.
    pub method: bool,
    /// True where Rhai has a function of this name for numbers or text, which ours replaces.
    pub replaces: bool,
    /// Set where it destroys what its first argument names: a protected connection asks first.
    pub destroys: Option<Confirm>,
    /// What it does.
    pub run: fn(&Call) -> Result<Dynamic, Failure>,
}

impl Function {
    /// A function of one argument, without options, that is no method.
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

    /// The same function, also as a method of `Connection`.
    #[must_use]
    pub const fn method(mut self) -> Self {
        self.method = true;
        self
    }

    /// The same function with this least and most number of arguments.
    #[must_use]
    pub const fn arity(mut self, least: usize, most: usize) -> Self {
        self.arity = (least, most);
        self
    }

    /// The same function with an option map.
    #[must_use]
    pub const fn options(mut self, options: &'static [Opt]) -> Self {
        self.options = options;
        self
    }

    /// The same function, whose arguments may be these, from the first on.
    #[must_use]
    pub const fn takes(mut self, takes: &'static [Takes]) -> Self {
        self.takes = takes;
        self
    }

    /// The same function, which gives this.
    #[must_use]
    pub const fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// The same function, whose page names these functions too.
    #[must_use]
    pub const fn related(mut self, names: &'static [&'static str]) -> Self {
        self.related = names;
        self
    }

    /// The same function, in place of one of Rhai's.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// The same function, which destroys what its first argument names: a job or a collection.
    #[must_use]
    pub const fn destroys(mut self, confirm: Confirm) -> Self {
        self.destroys = Some(confirm);
        self
    }
}

/// Every function, family by family.
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

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name == name)
}

/// Calls one function of the table without a script, as the plain commands do.
pub fn call(session: &Rc<Session>, name: &str, args: Vec<Dynamic>) -> Result<Dynamic, Failure> {
    let function = find(name).ok_or_else(|| Failure::usage(format!("no function {name:?}")))?;
    Call::new(session, function, args).and_then(|call| call.perform())
}

/// Names that are visible everywhere, also inside functions, with one line of help each.
pub const VARIABLES: &[(&str, &str)] = &[
    ("args", "the script's arguments, an array of text"),
    (
        "opts",
        "the script's options, a map: --name value, or what params() declares",
    ),
    ("script_dir", "the folder of the running script"),
    ("last", "the last value shown at the prompt"),
];
