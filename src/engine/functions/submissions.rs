//! `submissions`: the submissions in the journal.

use super::jobs::{DEFAULT_LIMIT, states};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, opt};
use crate::engine::types::{Gives, List, ListKind, ordered};
use crate::error::Failure;
use crate::journal::{SUBMISSION_KEYS, Standing, Submission};
use rhai::Dynamic;

/// The word for both `Open` and `Unknown`.
const UNRESOLVED: &str = "unresolved";

/// The values of `state`: the journal's words, and `unresolved`.
const STATES: &[&str] = &{
    let mut words = [UNRESOLVED; Standing::WORDS.len() + 1];
    let mut at = 0;
    while at < Standing::WORDS.len() {
        words[at] = Standing::WORDS[at];
        at += 1;
    }
    words
};

const OPTIONS: &[Opt] = &[
    opt(
        "key_prefix",
        "only those whose import key starts with this text",
    )
    .of(Takes::ImportKey),
    opt("collection", "only imports into this collection")
        .alias(&["collection_name"])
        .of(Takes::Collection),
    opt(
        "state",
        "a state, a list of states, or \"unresolved\" (Open and Unknown)",
    )
    .of(Takes::Words(STATES))
    .list(),
    opt("limit", "maximum number of submissions, or \"all\"")
        .or("100")
        .of(Takes::Count),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Jobs.table([Function::new(
    &[
        "submissions()",
        "submissions(#{key_prefix, collection, state, limit})",
    ],
    "lists earlier imports from the journal, the latest first",
    "submissions(#{state: \"unresolved\"})",
    submissions,
)
.takes(&[Takes::Options])
.options(OPTIONS)
.gives(Gives::Maps(&SUBMISSION_KEYS))
.related(&["import", "jobs", "wait"])
// As a command it is `journal list`.
.no_method()
.script_only()]);

fn submissions(call: &Call) -> Result<Dynamic, Failure> {
    let options = call.options(0)?;
    let prefix = options.text("key_prefix")?;
    let collection = options.text("collection")?;
    let group = [Standing::Open.word(), Standing::Unknown.word()];
    let states = states(call, &options, &Standing::WORDS, (UNRESOLVED, &group))?;
    let max = options.count("limit")?.unwrap_or(DEFAULT_LIMIT);
    let wanted = |it: &&Submission| {
        let key = it.intent.key.as_deref();
        let (prefix, name, states) = (prefix.as_deref(), collection.as_ref(), states.as_ref());
        prefix.is_none_or(|prefix| key.is_some_and(|key| key.starts_with(prefix)))
            && name.is_none_or(|name| *name == it.intent.scope.collection)
            && states.is_none_or(|states| states.contains(&it.standing.word()))
    };
    let (rows, total) = call.session.desk.journal.read(|fold| {
        let found: Vec<&Submission> = fold.submissions().iter().rev().filter(wanted).collect();
        let rows = found.iter().take(max).map(|it| ordered(it.json()));
        (rows.collect(), found.len() as u64)
    })?;
    let kind = ListKind::Submissions(Some(total));
    Ok(Dynamic::from(List::new(kind, rows)))
}
