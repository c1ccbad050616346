//! A call of one of zshell's functions: the receiver, the arguments, and access to the run's state.

use super::guard;
use super::options::Options;
use super::registry::{Function, Opt};
use super::values::{self, Job, ProgressValue, SummaryValue};
use crate::api::model::is_placeholder_id;
use crate::connection::Connection;
use crate::error::Failure;
use crate::session::Session;
use crate::text::words;
use rhai::{Array, Dynamic, ImmutableString, Map};
use std::rc::Rc;

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
        let receiver = args
            .first()
            .filter(|_| function.method)
            .and_then(|first| first.clone().try_cast::<Rc<Connection>>());
        if receiver.is_some() {
            let _ = args.remove(0);
        }
        let call = Self {
            session,
            function,
            receiver,
            args,
        };
        let (least, most) = function.arity;
        if (least..=most).contains(&call.args.len()) {
            Ok(call)
        } else {
            Err(call.misused(&format!("got {} arguments", call.args.len())))
        }
    }

    /// Runs the function. A destructive call on a protected connection must be confirmed first. The result is kept for
    /// completion. If the service doesn't know a collection, similar names of known collections are suggested.
    pub fn perform(&self) -> Result<Dynamic, Failure> {
        guard::check(self)?;
        let result = (self.function.run)(self);
        let connection = self.receiver.clone().or_else(|| self.session.current());
        let Some(connection) = connection else {
            return result;
        };
        let known = &self.session.known;
        match (self.function.name, result) {
            ("collections", Ok(names)) => {
                if let Some(list) = names.read_lock::<Array>() {
                    let names = list.iter().filter_map(as_text).collect();
                    known.learn_collections(&connection, names);
                }
                Ok(names)
            }
            ("create_collection" | "drop_collection", result) => {
                known.forget_collections(&connection);
                result
            }
            (_, Ok(value)) => {
                known.learn(&value);
                Ok(value)
            }
            (_, Err(failure)) => Err(self.with_near_collections(&connection, failure)),
        }
    }

    /// Adds similar names to a failure about an unknown collection. Only names that are already known are used, without
    /// a request.
    fn with_near_collections(&self, connection: &Connection, failure: Failure) -> Failure {
        // Reference: Error codes worth a hint.
        let unknown = matches!(failure.code, Some(47005 | 100));
        let wanted = self.collection().filter(|_| unknown);
        let names = self.session.known.collections(connection);
        let near = wanted.zip(names).and_then(|(wanted, names)| {
            words::did_you_mean(&wanted, names.iter().map(String::as_str))
        });
        match near {
            Some(near) => failure.with_hint(near),
            None => failure,
        }
    }

    /// Returns the collection that the call names.
    fn collection(&self) -> Option<String> {
        let first = self.args.first()?;
        let map = first.read_lock::<Map>();
        match &map {
            None => as_text(first),
            Some(map) => {
                let is_collection =
                    |name: &str| opt_collection(self.function).is_some_and(|it| it.matches(name));
                let (_, name) = map.iter().find(|(key, _)| is_collection(key))?;
                as_text(name)
            }
        }
    }

    /// Returns the receiver, else the current connection, else the connection that `connect()` makes.
    pub fn connection(&self) -> Result<Rc<Connection>, Failure> {
        if let Some(receiver) = &self.receiver {
            return Ok(Rc::clone(receiver));
        }
        if let Some(current) = self.session.current() {
            return Ok(current);
        }
        super::functions::connect::by_default(self.session)
    }

    /// Returns a usage failure with the function's forms.
    pub fn misused(&self, problem: &str) -> Failure {
        Failure::usage(format!("{}: {problem}", self.function.name))
            .with_hint(format!("its forms: {}", self.function.forms.join(", ")))
    }

    /// Returns the argument at `index` as text. `what` describes the argument in the error.
    pub fn text(&self, index: usize, what: &str) -> Result<String, Failure> {
        let value = self.arg(index, what)?;
        as_text(value)
            .ok_or_else(|| self.misused(&format!("{what} is text, got {}", values::found(value))))
    }

    /// Returns the argument at `index`. It exists if the declared arity is right.
    pub fn arg(&self, index: usize, what: &str) -> Result<&Dynamic, Failure> {
        self.args
            .get(index)
            .ok_or_else(|| self.misused(&format!("{what} is missing")))
    }

    /// Returns the option map at `index`, checked against the function's options. Empty if the argument was left out.
    pub fn options(&self, index: usize) -> Result<Options, Failure> {
        let Some(value) = self.args.get(index) else {
            return Options::parse(self.function.name, self.function.options, Map::new());
        };
        match value.clone().try_cast::<Map>() {
            Some(map) => Options::parse(self.function.name, self.function.options, map),
            None => Err(self.misused(&format!(
                "options are a map #{{…}}, got {}",
                values::found(value)
            ))),
        }
    }

    /// Returns a job with its connection, from a `Job`, a summary, a progress or an id.
    pub fn job(&self, value: &Dynamic) -> Result<Job, Failure> {
        if let Some(job) = value.clone().try_cast::<Job>() {
            return Ok(job);
        }
        if let Some(summary) = value.clone().try_cast::<SummaryValue>() {
            return Ok(summary.job());
        }
        if let Some(progress) = value.clone().try_cast::<ProgressValue>() {
            return Ok(progress.job());
        }
        let id = match as_text(value) {
            Some(text) => text.trim().to_owned(),
            None => value
                .as_int()
                .map_or_else(|_| String::new(), |id| id.to_string()),
        };
        if is_placeholder_id(&id) {
            let got = match as_text(value) {
                Some(_) if id.is_empty() => "an empty text".to_owned(),
                _ if !id.is_empty() => format!("{id:?}, which is no id"),
                _ => values::found(value),
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
        match value.clone().try_cast::<Array>() {
            Some(list) => list.iter().map(|item| self.job(item)).collect(),
            None => Ok(vec![self.job(value)?]),
        }
    }
}

/// Returns the option that names a collection.
fn opt_collection(function: &'static Function) -> Option<&'static Opt> {
    function.options.iter().find(|it| it.name == "collection")
}

/// Returns the text of a text value.
pub fn as_text(value: &Dynamic) -> Option<String> {
    value
        .clone()
        .try_cast::<ImmutableString>()
        .map(|text| text.to_string())
}
