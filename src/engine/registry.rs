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

/// One key of an option map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt {
    /// The key as documented.
    pub name: &'static str,
    /// Other spellings of it, from the REST API and pymilvus; case, `_` and `-` never matter.
    pub aliases: &'static [&'static str],
    /// What it does, in a few words.
    pub help: &'static str,
}

/// An option without other spellings.
pub const fn opt(name: &'static str, help: &'static str) -> Opt {
    Opt {
        name,
        aliases: &[],
        help,
    }
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
    /// The least and the most arguments, without the connection.
    pub arity: (usize, usize),
    /// True where it is also a method of `Connection`.
    pub method: bool,
    /// True where Rhai has a function of this name for numbers or text, which ours replaces.
    pub replaces: bool,
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
            arity: (1, 1),
            method: false,
            replaces: false,
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

    /// The same function, in place of one of Rhai's.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }
}

/// Every function, family by family.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        functions::connect::FUNCTIONS,
        functions::jobs::FUNCTIONS,
        functions::wait::FUNCTIONS,
        functions::submissions::FUNCTIONS,
        functions::collections::FUNCTIONS,
        functions::script::FUNCTIONS,
        functions::output::FUNCTIONS,
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
    Call::new(session, function, args).and_then(|call| (function.run)(&call))
}

/// Names that are visible everywhere, also inside functions, with one line of help each.
pub const VARIABLES: &[(&str, &str)] = &[
    ("args", "the script's arguments, an array of text"),
    ("script_dir", "the folder of the running script"),
    ("last", "the last value shown at the prompt"),
];
