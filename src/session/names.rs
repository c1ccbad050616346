//! Names that services list, for completion and "did you mean": a bounded cache of answers, one for each question.
//! Questions are asked in the background.

use crate::api::catalog::{DATABASES, INDEXES, PARTITIONS};
use crate::api::{ApiError, Client};
use crate::connection::Connection;
use crate::interrupt::Interrupt;
use std::cell::RefCell;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
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

struct CachedAnswer {
    /// The connection's address, see [`Connection::address`].
    address: String,
    question: NameQuestion,
    asked: Instant,
    /// The names of the latest successful answer.
    names: Option<Vec<ListedName>>,
    /// Receives the names if a request isn't finished, and nothing if it fails.
    pending: Option<Receiver<Vec<ListedName>>>,
}

impl CachedAnswer {
    /// Waits this long for the end of a request. Returns false if there's none any more.
    fn is_pending(&mut self, patience: Duration) -> bool {
        let Some(pending) = &self.pending else {
            return false;
        };
        match pending.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => {}
            Ok(mut names) => {
                names.truncate(MAX_NAMES);
                self.names = Some(names);
            }
        }
        self.pending = None;
        false
    }
}

impl NameCache {
    /// Records a connection's collections.
    pub(crate) fn learn_collections(&self, connection: &Connection, names: Vec<String>) {
        let (address, question) = (connection.address(), NameQuestion::Collections);
        let mut answers = self.0.borrow_mut();
        answers.retain(|it| it.address != address || it.question != question);
        keep(&mut answers, address, question, Some(listed(names)), None);
    }

    /// Forgets a connection's answers after a change. An answer that's still on its way is ignored.
    pub(crate) fn forget(&self, connection: &Connection) {
        let address = connection.address();
        self.0.borrow_mut().retain(|it| it.address != address);
    }

    /// Returns a connection's collections, if they're known without a request.
    pub(crate) fn collections(&self, connection: &Connection) -> Option<Vec<String>> {
        let mut answers = self.0.borrow_mut();
        let at = position(&answers, &connection.address(), &NameQuestion::Collections)?;
        answers[at].is_pending(Duration::ZERO);
        let names = answers[at].names.as_ref()?.iter();
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
        let mut answers = self.0.borrow_mut();
        let pending = answers
            .iter_mut()
            .map(|it| usize::from(it.is_pending(Duration::ZERO)));
        let pending: usize = pending.sum();
        let address = connection.address();
        let known = position(&answers, &address, question);
        let is_fresh = |it: &CachedAnswer| it.asked.elapsed() < MAX_AGE || it.pending.is_some();
        let at = match known {
            Some(at) if is_fresh(&answers[at]) => at,
            _ if pending >= MAX_PENDING => return NameAnswer::Pending,
            known => {
                let names = known.and_then(|at| answers.remove(at).names);
                let request = Some(send(connection, question.clone()));
                keep(&mut answers, address, question.clone(), names, request)
            }
        };
        let start = Instant::now();
        let answer = &mut answers[at];
        while answer.is_pending(Duration::ZERO) && start.elapsed() < patience && !gives_up() {
            answer.is_pending(TICK);
        }
        match (&answer.names, &answer.pending) {
            (Some(names), _) => NameAnswer::Listed(names.clone()),
            (None, Some(_)) => NameAnswer::Pending,
            (None, None) => {
                answers.remove(at);
                NameAnswer::Refused
            }
        }
    }
}

/// Returns the index of a question's answer.
fn position(answers: &[CachedAnswer], address: &str, question: &NameQuestion) -> Option<usize> {
    let mut answers = answers.iter();
    answers.position(|it| it.address == address && it.question == *question)
}

/// Adds an answer and returns its index. The oldest one is dropped if there are too many.
fn keep(
    answers: &mut Vec<CachedAnswer>,
    address: String,
    question: NameQuestion,
    names: Option<Vec<ListedName>>,
    pending: Option<Receiver<Vec<ListedName>>>,
) -> usize {
    answers.push(CachedAnswer {
        address,
        question,
        asked: Instant::now(),
        names,
        pending,
    });
    let excess = answers.len().saturating_sub(MAX_ANSWERS);
    answers.drain(..excess);
    answers.len() - 1
}

/// Sends a question on a thread, without a line in the log, because the prompt is on the screen.
fn send(connection: &Connection, question: NameQuestion) -> Receiver<Vec<ListedName>> {
    let (answer, receiver) = mpsc::channel();
    let interrupt = Interrupt::new().until(Instant::now().checked_add(TIMEOUT));
    let client = connection.client.quiet(interrupt);
    // If no thread starts, the request counts as failed.
    let _ = std::thread::Builder::new().spawn(move || {
        if let Ok(names) = request(&client, &question) {
            let _ = answer.send(names);
        }
    });
    receiver
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
            let named = fields.map(|field| (field.about(), field.name));
            named
                .map(|(about, name)| ListedName { name, about })
                .collect()
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
        let mut answers = Vec::new();
        let question = |at: usize| NameQuestion::Fields(format!("c{at}"));
        for at in 0..=MAX_ANSWERS {
            keep(&mut answers, "a".to_owned(), question(at), None, None);
        }
        assert!(position(&answers, "a", &question(0)).is_none());
        let kept = position(&answers, "a", &question(1)).expect("it was kept");
        let (answer, pending) = mpsc::channel();
        answers[kept].pending = Some(pending);
        assert!(answers[kept].is_pending(Duration::ZERO));
        answer
            .send(listed(vec!["n".to_owned(); MAX_NAMES + 1]))
            .expect("it is received");
        assert!(!answers[kept].is_pending(Duration::ZERO));
        let names = listed(vec!["n".to_owned(); MAX_NAMES]);
        assert_eq!(answers[kept].names, Some(names));
    }
}
