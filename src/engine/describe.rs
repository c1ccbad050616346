//! The parts of a function's description: its family, its arguments' kinds, its options, and what it needs or changes.

use crate::session::names::NameQuestion;

/// A group of functions in `help()`, by task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
pub enum Family {
    /// Connecting.
    #[strum(serialize = "connecting")]
    Connect,
    /// Import jobs.
    #[strum(serialize = "import jobs")]
    Jobs,
    /// Data files.
    #[strum(serialize = "data files")]
    Data,
    /// Collections.
    #[strum(serialize = "collections")]
    Collections,
    /// Functions for scripts around imports.
    #[strum(serialize = "scripts")]
    Script,
}

impl Family {
    /// All families, in the order of `help()`.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Returns the heading in `help()`.
    pub fn title(self) -> &'static str {
        self.into()
    }
}

/// The kind of an argument or option value, which decides the completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takes {
    /// Anything, without completions.
    #[default]
    Anything,
    /// Anything, without completions. The text describes the argument in a command's help.
    Text(&'static str),
    /// A job, or a job's id as text.
    Job,
    /// The name of a collection of the current connection.
    Collection,
    /// A field of the call's collection.
    Field,
    /// A filter expression for rows of the call's collection.
    Filter,
    /// A partition of the call's collection.
    Partition,
    /// An index of the call's collection.
    Index,
    /// An alias of the current connection.
    Alias,
    /// A database of the current connection.
    Database,
    /// A column of the call's first argument.
    Column,
    /// The import key of an earlier submission.
    ImportKey,
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
    /// A whole number.
    Number,
    /// A whole number, or `"all"`.
    Count,
    /// A duration: text such as `"90s"`, or seconds.
    Duration,
    /// A list or a map, which a command line gives as JSON or as `@FILE`.
    Json,
    /// A secret, which no command line takes, because other users see it in the list of processes.
    Secret,
    /// One of these words, as text.
    Words(&'static [&'static str]),
    /// A value of the prompt's setting that's the argument before.
    SettingValue,
    /// A map with the function's options.
    Options,
    /// A map with these keys.
    Keys(&'static [Opt]),
}

/// The place where an example of help works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExamplePlace {
    /// The local service with the collection of the first import that `help()` shows.
    #[default]
    Local,
    /// A service with a bucket that it can read.
    Bucket,
    /// Zilliz Cloud.
    ZillizCloud,
    /// A terminal, since the example asks a question.
    Terminal,
}

impl ExamplePlace {
    /// Returns the heading of the noun's examples: `example with a bucket`. The local service needs words only beside
    /// another place.
    pub fn heading(self, noun: &str, is_only: bool) -> String {
        let place = match self {
            Self::Local if is_only => "",
            Self::Local => " with the local service",
            Self::Bucket => " with a bucket",
            Self::ZillizCloud => " with Zilliz Cloud",
            Self::Terminal => " at a terminal",
        };
        format!("{noun}{place}")
    }
}

impl Takes {
    /// Returns true if a service lists the values.
    pub(crate) fn is_listed(self) -> bool {
        self.question(|| Some(String::new())).is_some()
    }

    /// Returns the question to the service that lists the values. `None` if no service does, or if it depends on the
    /// call's collection, which isn't known.
    pub(crate) fn question(
        self,
        collection: impl FnOnce() -> Option<String>,
    ) -> Option<NameQuestion> {
        Some(match self {
            Self::Collection => NameQuestion::Collections,
            Self::Alias => NameQuestion::Aliases,
            Self::Database => NameQuestion::Databases,
            Self::Partition => NameQuestion::Partitions(collection()?),
            Self::Index => NameQuestion::Indexes(collection()?),
            Self::Field | Self::Filter => NameQuestion::Fields(collection()?),
            _ => return None,
        })
    }
}

/// The confirmation that the prompt asks for before a destructive call on a protected connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The user types the name that is the argument at this index, counted from 0.
    Name(usize),
    /// The user types `y`. The call's first argument is a job.
    Yes,
    /// The user types `y` if the call to the service, a method and a path, isn't a read.
    Change,
}

/// One key of an option map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
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
    /// True if the value may be a list of texts. A command line repeats the option then.
    pub list: bool,
    /// True if only an option map has the option. On a command line, an argument or the connection gives the value.
    pub map_only: bool,
}

impl Opt {
    /// Sets other spellings, from the REST API or pymilvus.
    pub const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Sets the default.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// Sets the words that the value can be.
    pub const fn of(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    /// Accepts a list of texts too.
    pub const fn list(mut self) -> Self {
        self.list = true;
        self
    }

    /// Marks an option that commands don't have, because an argument or the connection gives the value.
    pub const fn map_only(mut self) -> Self {
        self.map_only = true;
        self
    }
}

/// Returns an option.
pub(crate) const fn opt(name: &'static str, help: &'static str) -> Opt {
    Opt {
        name,
        aliases: &[],
        help,
        default: "",
        takes: Takes::Anything,
        list: false,
        map_only: false,
    }
}

/// Returns an option that's false by default.
pub(crate) const fn flag(name: &'static str, help: &'static str) -> Opt {
    opt(name, help).or("false").of(Takes::Flag)
}

/// An effect of a function on what the session, the prompt and lint know, in addition to its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionEffect {
    /// None. Jobs in the result are remembered for completion.
    #[default]
    None,
    /// The result is the names of the connection's collections.
    ListsCollections,
    /// The names that the connection's service lists change: collections, partitions, indexes, aliases.
    ChangesNames,
    /// The script ends.
    Exits,
    /// The argument declares the script's options.
    DeclaresOptions,
}

/// Returns the function's name in a form.
pub(crate) const fn called_name(form: &'static str) -> &'static str {
    let mut length = 0;
    while form.as_bytes()[length] != b'(' {
        length += 1;
    }
    form.split_at(length).0
}

/// Returns the smallest and largest number of arguments in the forms of a function.
pub(crate) const fn arity(forms: &[&str]) -> (usize, usize) {
    let (mut least, mut most, mut forms) = (usize::MAX, 0, forms);
    while let [form, rest @ ..] = forms {
        let count = argument_count(form);
        if count < least {
            least = count;
        }
        if count > most {
            most = count;
        }
        forms = rest;
    }
    (least, most)
}

/// Returns the number of arguments in a form, such as 2 for `f(a, #{b, c})`.
const fn argument_count(form: &str) -> usize {
    let mut rest = form.as_bytes();
    if let [.., b'(', b')'] = rest {
        return 0;
    }
    let (mut depth, mut commas) = (0_usize, 0);
    while let [letter, after @ ..] = rest {
        match letter {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => commas += 1,
            _ => {}
        }
        rest = after;
    }
    commas + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_counted_outside_brackets() {
        for (form, count) in [
            ("f()", 0),
            ("f(a)", 1),
            ("f([a, …], #{b, c: [d, e]})", 2),
            ("f(a, [#{b, …}, …], c)", 3),
        ] {
            assert_eq!(argument_count(form), count, "{form}");
        }
    }
}
