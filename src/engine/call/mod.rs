//! The functions' descriptions, and a call of one: the receiver, the arguments, and access to the run's state.

mod guard;
mod near;

use super::connecting;
use super::describe::{
    Confirm, ExamplePlace, Family, Opt, SessionEffect, Takes, arity, called_name,
};
use super::options::Options;
use super::types::{self, Gives, Job, as_text, list_of, map_of};
use crate::api::model::is_placeholder_id;
use crate::connection::Connection;
use crate::error::Failure;
use crate::render::status::Running;
use crate::session::Session;
use crate::session::known::SeenJob;
use crate::text::words;
use rhai::Dynamic;
use std::rc::Rc;

/// Returns a notice if the target of a destructive call doesn't exist.
pub(crate) type MissingNotice = fn(&Call) -> Result<Option<String>, Failure>;

/// One function of the language.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// The family in `help()`.
    pub family: Family,
    /// The forms of a call, as they're typed.
    pub forms: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
    /// Examples that can be pasted, with the places where they work.
    pub examples: [(ExamplePlace, &'static str); 2],
    /// The keys of the option map.
    pub options: &'static [Opt],
    /// The kinds of arguments, from the first on.
    pub takes: &'static [Takes],
    /// The type of the result.
    pub gives: Gives,
    /// Related functions, listed on the help page.
    pub related: &'static [&'static str],
    /// Smallest and largest number of arguments in the forms. A method's connection isn't counted.
    pub arity: (usize, usize),
    /// True if the function is also a method of `Connection`, by default if its family isn't `Script`.
    pub method: bool,
    /// True if the function replaces one of Rhai's for numbers or text.
    pub replaces: bool,
    /// The confirmation, if the function destroys what its first argument names and the connection is protected.
    pub destroys: Option<Confirm>,
    /// Returns a notice instead of a call that would destroy something that doesn't exist.
    pub missing: Option<MissingNotice>,
    /// True if the function is of no use as a command of its own.
    pub script_only: bool,
    /// The effect in addition to the result.
    pub effect: SessionEffect,
    /// The implementation.
    pub run: fn(&Call) -> Result<Dynamic, Failure>,
}

impl Function {
    /// Returns a function without options. Its forms say its name and how many arguments it takes.
    pub const fn new(
        forms: &'static [&'static str],
        help: &'static str,
        example: &'static str,
        run: fn(&Call) -> Result<Dynamic, Failure>,
    ) -> Self {
        Self {
            name: called_name(forms[0]),
            family: Family::Script,
            forms,
            help,
            examples: [(ExamplePlace::Local, example), (ExamplePlace::Local, "")],
            options: &[],
            takes: &[],
            gives: Gives::Nothing,
            related: &[],
            arity: arity(forms),
            method: true,
            replaces: false,
            destroys: None,
            missing: None,
            script_only: false,
            effect: SessionEffect::None,
            run,
        }
    }

    /// Sets the place where the example works.
    pub const fn example_in(mut self, place: ExamplePlace) -> Self {
        self.examples[0].0 = place;
        self
    }

    /// Adds an example for another place.
    pub const fn also_in(mut self, place: ExamplePlace, example: &'static str) -> Self {
        self.examples[1] = (place, example);
        self
    }

    /// Returns the examples.
    pub fn examples(&self) -> impl Iterator<Item = (ExamplePlace, &'static str)> + Clone {
        self.examples
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
    }

    /// Keeps the function from being a method of `Connection`.
    pub const fn no_method(mut self) -> Self {
        self.method = false;
        self
    }

    /// Sets the keys of the option map.
    pub const fn options(mut self, options: &'static [Opt]) -> Self {
        self.options = options;
        self
    }

    /// Sets the kinds of arguments, from the first on.
    pub const fn takes(mut self, takes: &'static [Takes]) -> Self {
        self.takes = takes;
        self
    }

    /// Sets the type of the result.
    pub const fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// Sets the related functions.
    pub const fn related(mut self, names: &'static [&'static str]) -> Self {
        self.related = names;
        self
    }

    /// Sets the effect.
    pub const fn effect(mut self, effect: SessionEffect) -> Self {
        self.effect = effect;
        self
    }

    /// Marks a function that is of no use as a command of its own.
    pub const fn script_only(mut self) -> Self {
        self.script_only = true;
        self
    }

    /// Marks a function that replaces one of Rhai's.
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Marks a function that destroys what its first argument names: a job or a collection.
    pub const fn destroys(mut self, confirm: Confirm) -> Self {
        self.destroys = Some(confirm);
        self
    }

    /// Sets the function that returns a notice if what the call would destroy doesn't exist. The call is then left out.
    pub(crate) const fn unless_missing(mut self, missing: MissingNotice) -> Self {
        self.missing = Some(missing);
        self
    }
}

impl Family {
    /// Returns a table of functions of this family.
    pub(crate) const fn table<const N: usize>(self, mut table: [Function; N]) -> [Function; N] {
        let mut at = 0;
        while at < N {
            table[at].family = self;
            table[at].method &= !matches!(self, Self::Script);
            at += 1;
        }
        table
    }
}

/// A call with its receiver and arguments.
pub struct Call<'a> {
    /// The run's shared state.
    pub session: &'a Rc<Session>,
    /// The called function.
    pub function: &'static Function,
    /// The connection, if it's a method call.
    pub receiver: Option<Rc<Connection>>,
    /// The arguments without the receiver.
    pub args: Vec<Dynamic>,
}

impl<'a> Call<'a> {
    /// Separates the receiver from the arguments and checks the number of arguments.
    pub fn new(
        session: &'a Rc<Session>,
        function: &'static Function,
        mut args: Vec<Dynamic>,
    ) -> Result<Self, Failure> {
        let first = args.first().filter(|_| function.method);
        let receiver = first.and_then(|it| it.clone().try_cast::<Rc<Connection>>());
        if receiver.is_some() {
            let _ = args.remove(0);
        }
        let call = Self {
            session,
            function,
            receiver,
            args,
        };
        let (min, max) = function.arity;
        if (min..=max).contains(&call.args.len()) {
            Ok(call)
        } else {
            Err(wrong_count(function, call.args.len()))
        }
    }

    /// Runs the function. A destructive call on a protected connection must be confirmed first. The result is kept for
    /// completion. If the service doesn't know a collection or a field, similar names are suggested.
    pub fn perform(&self) -> Result<Dynamic, Failure> {
        let _running = Running::begin();
        if let Some(missing) = self.function.missing
            && let Some(notice) = missing(self)?
        {
            self.session.notice(&notice);
            return Ok(Dynamic::UNIT);
        }
        guard::check(self)?;
        let result = (self.function.run)(self);
        // Who stops a wait needs no signal.
        if self.session.interrupt.check().is_ok() {
            let ended = if result.is_ok() { "done" } else { "failed" };
            Running::signal(&format!("zshell: {} {ended}", self.function.name));
        }
        let Some(connection) = self.known_connection() else {
            return result;
        };
        let known = &self.session.known;
        match (self.function.effect, &result) {
            (SessionEffect::ListsCollections, Ok(names)) => {
                let names = list_of(names).unwrap_or_default();
                let names = names.iter().filter_map(as_text).collect();
                known.names.learn_collections(&connection, names);
            }
            (SessionEffect::ChangesNames, _) => known.names.forget(&connection),
            (_, Ok(value)) => learn_jobs(self.session, value),
            (_, Err(_)) => {}
        }
        result.map_err(|failure| self.with_near_names(&connection, failure))
    }

    /// Returns the collection that the call names.
    fn collection(&self) -> Option<String> {
        let first = self.args.first()?;
        let Some(map) = map_of(first) else {
            return as_text(first);
        };
        let mut options = self.function.options.iter();
        let option = options.find(|it| it.name == "collection")?;
        let (_, name) = map.iter().find(|(key, _)| option.matches(key))?;
        as_text(name)
    }

    /// Returns the receiver, else the current connection, else the connection that `connect()` makes.
    pub fn connection(&self) -> Result<Rc<Connection>, Failure> {
        let known = self.known_connection();
        known.map_or_else(|| connecting::by_default(self.session), Ok)
    }

    fn known_connection(&self) -> Option<Rc<Connection>> {
        self.receiver.clone().or_else(|| self.session.current())
    }

    /// Returns a usage failure with the function's forms.
    pub fn misused(&self, problem: &str) -> Failure {
        Failure::usage(format!("{}: {problem}", self.function.name))
            .with_hint(format!("its forms: {}", self.function.forms.join(", ")))
    }

    /// Returns an error for a value of another type than `expected`, a clause such as "the days are a whole number".
    pub(crate) fn wrong_type(&self, expected: &str, value: &Dynamic) -> Failure {
        self.misused(&format!("{expected}, got {}", types::found(value)))
    }

    /// Returns the argument at `index` as text. `what` describes the argument in the error.
    pub fn text(&self, index: usize, what: &str) -> Result<String, Failure> {
        let value = self.arg(index, what)?;
        as_text(value).ok_or_else(|| self.wrong_type(&format!("{what} is text"), value))
    }

    /// Returns the argument at `index`. It exists if the declared arity is right.
    pub fn arg(&self, index: usize, what: &str) -> Result<&Dynamic, Failure> {
        self.args
            .get(index)
            .ok_or_else(|| self.misused(&format!("{what} is missing")))
    }

    /// Returns the option map at `index`, checked against the function's options. Empty if the argument was left out.
    pub fn options(&self, index: usize) -> Result<Options, Failure> {
        let wrong = |value| self.wrong_type("options are a map #{…}", value);
        let map = self
            .args
            .get(index)
            .map(|value| map_of(value).ok_or_else(|| wrong(value)));
        let map = map.transpose()?.unwrap_or_default();
        Options::parse(self.function.name, self.function.options, map)
    }

    /// Returns a job with its connection, from a `Job`, a summary, a progress or an id.
    pub fn job(&self, value: &Dynamic) -> Result<Job, Failure> {
        if let Some((job, _)) = types::job_of(value) {
            return Ok(job);
        }
        let id = match as_text(value) {
            Some(text) => text.trim().to_owned(),
            None => value.as_int().map(|id| id.to_string()).unwrap_or_default(),
        };
        if is_placeholder_id(&id) {
            let got = match as_text(value) {
                Some(_) if id.is_empty() => "an empty text".to_owned(),
                _ if !id.is_empty() => format!("{id:?}, which is no id"),
                _ => types::found(value),
            };
            return Err(self.misused(&format!(
                "a job is what import() gave, a row of jobs(), or an id as text, got {got}"
            )));
        }
        Ok(Job {
            id,
            collection: String::new(),
            connection: self.connection()?,
        })
    }

    /// Returns the jobs of an array, or a single job.
    pub fn jobs(&self, value: &Dynamic) -> Result<Vec<Job>, Failure> {
        match list_of(value) {
            Some(list) => list.iter().map(|item| self.job(item)).collect(),
            None => Ok(vec![self.job(value)?]),
        }
    }
}

/// Returns the failure of a call with a wrong number of arguments.
pub(super) fn wrong_count(function: &Function, got: usize) -> Failure {
    let (min, max) = function.arity;
    let most = words::count(max as u64, "argument");
    let takes = match max - min {
        _ if max == 0 => "no arguments".to_owned(),
        0 => most,
        1 => format!("{min} or {most}"),
        _ => format!("{min} to {most}"),
    };
    Failure::usage(format!("{} takes {takes}, got {got}", function.name))
        .with_hint(format!("its forms: {}", function.forms.join(", ")))
}

/// Maximum number of jobs of one list that are remembered.
const JOBS: usize = 200;

/// Remembers the jobs in a function's result for completion.
pub(super) fn learn_jobs(session: &Session, value: &Dynamic) {
    let seen = |value: &Dynamic| {
        let (job, state) = types::job_of(value)?;
        Some(SeenJob::new(job.id, job.collection, state, &job.connection))
    };
    let known = &session.known;
    match list_of(value) {
        None => known.learn(seen(value)),
        // The service lists the latest first. If the first item is no job, none is.
        Some(list) if list.first().and_then(types::job_of).is_none() => {}
        Some(list) => known.learn(list.iter().take(JOBS).rev().filter_map(seen)),
    }
}
