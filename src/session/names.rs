//! Names that services list, for completion and "did you mean": a bounded cache of answers, one for each question.
//! Questions are asked in the background.

use crate::api::catalog::{DATABASES, INDEXES, PARTITIONS};
use crate::api::{ApiError, Client};
use crate::connection::Connection;
use crate::interrupt::Interrupt;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Maximum number of answers in the cache. The oldest one is dropped for a new one.
const MAX_ANSWERS: usize = 64;
/// Maximum number of names in an answer. Further names are dropped.
const MAX_NAMES: usize = 5_000;
/// Maximum number of questions that a service hasn't answered yet. Further questions aren't asked.
const MAX_PENDING: usize = 4;
/// Age at which a question is asked again. Until the service answers, the old names are used.
const MAX_AGE: Duration = Duration::from_mins(5);
/// Timeout of a question.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Interval at which a wait checks whether to give up.
const TICK: Duration = Duration::from_millis(10);

/// A question whose answer is a list of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameQuestion {
    /// The collections of the connection's database.
    Collections,
    /// The aliases of the connection's database.
    Aliases,
    /// The databases.
    Databases,
    /// The partitions of this collection.
    Partitions(String),
    /// The indexes of this collection.
    Indexes(String),
    /// The fields of this collection.
    Fields(String),
}

/// A name that a service listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedName {
    /// The name as sent.
    pub(crate) name: String,
    /// A short description: a field's type. Empty if there's none.
    pub(crate) about: String,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameAnswer {
    /// The names.
    Listed(Vec<ListedName>),
    /// The service hasn't answered yet.
    Pending,
    /// The request failed.
    Refused,
}

/// The answers of the session's services, the latest question last.
#[derive(Default)]
pub(crate) struct NameCache(RefCell<Vec<CachedAnswer>>);

#[derive(Clone)]
struct CachedAnswer {
    /// The connection's address, see [`Connection::address`].
    address: String,
    question: NameQuestion,
    asked: Instant,
    shared: Arc<SharedAnswer>,
}

#[derive(Default)]
struct SharedAnswer {
    state: Mutex<AnswerState>,
    changed: Condvar,
}

#[derive(Default)]
struct AnswerState {
    /// The names of the latest successful answer.
    names: Option<Vec<ListedName>>,
    is_pending: bool,
}

impl NameCache {
    /// Records a connection's collections.
    pub(crate) fn learn_collections(&self, connection: &Connection, names: Vec<String>) {
        let shared = Arc::<SharedAnswer>::default();
        shared.lock().names = Some(listed(names));
        self.keep(connection.address(), NameQuestion::Collections, shared);
    }

    /// Forgets a connection's answers after a change. An answer that's still on its way is ignored.
    pub(crate) fn forget(&self, connection: &Connection) {
        let address = connection.address();
        self.0.borrow_mut().retain(|it| it.address != address);
    }

    /// Returns a connection's collections, if they're known without a request.
    pub(crate) fn collections(&self, connection: &Connection) -> Option<Vec<String>> {
        let cached = self.find(&connection.address(), &NameQuestion::Collections)?;
        let state = cached.shared.lock();
        let names = state.names.as_ref()?.iter();
        Some(names.map(|it| it.name.clone()).collect())
    }

    /// Returns the answer to a question. If it isn't known, asks the service in the background and waits at most
    /// `patience`, and only until `gives_up` returns true. A later call finds the answer, or repeats a failed request.
    pub(crate) fn ask(
        &self,
        connection: &Connection,
        question: &NameQuestion,
        patience: Duration,
        gives_up: impl Fn() -> bool,
    ) -> NameAnswer {
        let address = connection.address();
        let known = self.find(&address, question);
        let is_fresh = |it: &CachedAnswer| it.asked.elapsed() < MAX_AGE || it.shared.is_pending();
        let shared = match known {
            Some(known) if is_fresh(&known) => known.shared,
            known => {
                if self.pending() >= MAX_PENDING {
                    return NameAnswer::Pending;
                }
                let shared = known.map(|it| it.shared).unwrap_or_default();
                send(connection, question.clone(), &shared);
                self.keep(address.clone(), question.clone(), Arc::clone(&shared));
                shared
            }
        };
        let answer = shared.wait(patience, gives_up);
        if answer == NameAnswer::Refused {
            self.remove(&address, question);
        }
        answer
    }

    /// Returns the number of questions without an answer.
    fn pending(&self) -> usize {
        let answers = self.0.borrow();
        answers.iter().filter(|it| it.shared.is_pending()).count()
    }

    fn find(&self, address: &str, question: &NameQuestion) -> Option<CachedAnswer> {
        let answers = self.0.borrow();
        let found = answers
            .iter()
            .find(|it| it.address == address && it.question == *question);
        found.cloned()
    }

    fn keep(&self, address: String, question: NameQuestion, shared: Arc<SharedAnswer>) {
        self.remove(&address, &question);
        let mut answers = self.0.borrow_mut();
        answers.push(CachedAnswer {
            address,
            question,
            asked: Instant::now(),
            shared,
        });
        let excess = answers.len().saturating_sub(MAX_ANSWERS);
        answers.drain(..excess);
    }

    fn remove(&self, address: &str, question: &NameQuestion) {
        let mut answers = self.0.borrow_mut();
        answers.retain(|it| it.address != address || it.question != *question);
    }
}

impl SharedAnswer {
    fn lock(&self) -> MutexGuard<'_, AnswerState> {
        self.state.lock()
    }

    fn is_pending(&self) -> bool {
        self.lock().is_pending
    }

    fn set(&self, names: Option<Vec<ListedName>>) {
        let mut state = self.lock();
        state.is_pending = false;
        if let Some(mut names) = names {
            names.truncate(MAX_NAMES);
            state.names = Some(names);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn wait(&self, patience: Duration, gives_up: impl Fn() -> bool) -> NameAnswer {
        let start = Instant::now();
        let mut state = self.lock();
        while state.is_pending && start.elapsed() < patience && !gives_up() {
            self.changed.wait_for(&mut state, TICK);
        }
        match &state.names {
            Some(names) => NameAnswer::Listed(names.clone()),
            None if state.is_pending => NameAnswer::Pending,
            None => NameAnswer::Refused,
        }
    }
}

/// Sends a question on a thread, without a line in the log, because the prompt is on the screen.
fn send(connection: &Connection, question: NameQuestion, shared: &Arc<SharedAnswer>) {
    shared.lock().is_pending = true;
    let answer = Arc::clone(shared);
    let interrupt = Interrupt::new().until(Instant::now().checked_add(TIMEOUT));
    let client = connection.client.quiet(interrupt);
    let thread = std::thread::Builder::new().spawn(move || {
        answer.set(request(&client, &question).ok());
    });
    if thread.is_err() {
        shared.set(None);
    }
}

fn request(client: &Client, question: &NameQuestion) -> Result<Vec<ListedName>, ApiError> {
    Ok(match question {
        NameQuestion::Collections => listed(client.collections()?),
        NameQuestion::Aliases => listed(client.aliases(None)?),
        NameQuestion::Databases => listed(client.catalog_names(DATABASES, &[])?),
        NameQuestion::Partitions(name) => {
            listed(client.catalog_names(PARTITIONS, &[("collectionName", name)])?)
        }
        NameQuestion::Indexes(name) => {
            listed(client.catalog_names(INDEXES, &[("collectionName", name)])?)
        }
        NameQuestion::Fields(name) => {
            let fields = client.describe(name)?.fields.into_iter();
            let fields = fields.map(|field| ListedName {
                about: field.about(),
                name: field.name,
            });
            fields.collect()
        }
    })
}

fn listed(names: Vec<String>) -> Vec<ListedName> {
    let names = names.into_iter().map(|name| ListedName {
        name,
        about: String::new(),
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_and_its_answers_are_limited() {
        let cache = NameCache::default();
        let question = |at: usize| NameQuestion::Fields(format!("c{at}"));
        for at in 0..=MAX_ANSWERS {
            cache.keep("a".to_owned(), question(at), Arc::default());
        }
        assert!(cache.find("a", &question(0)).is_none());
        assert!(cache.find("a", &question(1)).is_some());
        let shared = SharedAnswer::default();
        shared.lock().is_pending = true;
        cache.keep("a".to_owned(), question(1), Arc::new(shared));
        assert_eq!(cache.pending(), 1);
        let answer = cache.find("a", &question(1)).expect("it was kept").shared;
        answer.set(Some(listed(vec!["n".to_owned(); MAX_NAMES + 1])));
        let names = answer.wait(Duration::ZERO, || true);
        assert_eq!(
            names,
            NameAnswer::Listed(listed(vec!["n".to_owned(); MAX_NAMES]))
        );
        assert_eq!(cache.pending(), 0);
    }
}
