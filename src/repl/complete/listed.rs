//! Completion of names that depend on other parts of the call: what a service lists about the call's collection, the
//! columns of the call's first argument, and the keys of earlier submissions.

use super::chain::chain;
use super::code::CursorCode;
use super::members;
use super::offer::Offer;
use super::place::CallSlot;
use super::{CompletionAnswer, CompletionContext};
use crate::engine::registry::{Function, Takes};
use crate::engine::types::{DefinedNames, Shape};
use crate::repl::commands::setting_choices;
use crate::session::names::{ListedName, NameAnswer};
use rhai::Token;
use std::ops::Range;
use std::time::Duration;

/// Maximum time that Tab waits for a service.
const PATIENCE: Duration = Duration::from_millis(200);

/// Maximum number of import keys offered.
const KEYS: usize = 200;

/// Returns the names of this kind that the service of a slot's call lists.
pub(super) fn names(look: &CompletionContext<'_>, takes: Takes) -> CompletionAnswer {
    match ask(look, takes) {
        Err(notice) => CompletionAnswer::notice(notice),
        Ok(names) if names.is_empty() => CompletionAnswer::notice("the service lists none"),
        Ok(mut names) => {
            // A collection's fields have an order.
            if takes != Takes::Field {
                names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            }
            let given = look.slot().map(|_| given(look.code));
            let given = given.unwrap_or_default();
            let names = names.into_iter().filter(|it| !given.contains(&it.name));
            CompletionAnswer::of(look.quoted(names.map(|it| Offer::new(it.name, it.about))))
        }
    }
}

/// Asks the service of a slot's call for names of this kind. The error is a notice for the list of candidates.
pub(super) fn ask(
    look: &CompletionContext<'_>,
    takes: Takes,
) -> Result<Vec<ListedName>, &'static str> {
    let collection = || {
        let slot = look.slot()?;
        collection(look, slot, look.function(slot)?)
    };
    let question = takes.question(collection);
    let question = question.ok_or("depends on the collection, which isn't known yet")?;
    let connection = look
        .connection()
        .ok_or("not connected yet: connect() first")?;
    let cache = &look.session.known.names;
    match cache.ask(&connection, &question, PATIENCE, key_is_waiting) {
        NameAnswer::Listed(names) => Ok(names),
        NameAnswer::Pending => Err("asking the service: Tab again"),
        NameAnswer::Refused => Err("the service didn't list the names"),
    }
}

/// Returns true if the user has typed a key, so that a wait should end.
fn key_is_waiting() -> bool {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = std::io::stdin();
        let now = Timespec::default();
        poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
    }
    #[cfg(not(unix))]
    false
}

/// Returns the columns of the call's first argument, as far as its type shows them.
pub(super) fn columns(look: &CompletionContext<'_>) -> Vec<Offer> {
    let Some(value) = look.slot().and_then(|slot| item(look.code, slot.open, 0)) else {
        return Vec::new();
    };
    let row = match look.shape(&chain(look.code, value.end)) {
        Shape::List(item) => *item,
        shape => shape,
    };
    let offers: Vec<Offer> = match &row {
        Shape::Map(_) => members::keys(&row).collect(),
        row => {
            let getters = row.properties().iter();
            // `id` is another name of `job`.
            let getters = getters.filter(|it| it.name != "id");
            getters.map(|it| Offer::new(it.name, it.help)).collect()
        }
    };
    let given = given(look.code);
    look.quoted(offers.into_iter().filter(|it| !given.contains(&it.name)))
}

/// Returns the import keys in the journal, the latest first.
pub(super) fn import_keys(look: &CompletionContext<'_>) -> Vec<Offer> {
    let journal = &look.session.desk.journal;
    let keys = journal.read(|state| {
        let latest = state.submissions().iter().rev();
        let mut keys: Vec<Offer> = Vec::new();
        for submission in latest {
            let intent = &submission.intent;
            let Some(key) = &intent.key else { continue };
            if keys.iter().any(|known| known.name == *key) {
                continue;
            }
            let (collection, state) = (&intent.scope.collection, submission.standing.word());
            keys.push(Offer::new(key, format!("{collection}  {state}")));
            if keys.len() == KEYS {
                break;
            }
        }
        keys
    });
    look.quoted(keys.unwrap_or_default())
}

/// Returns the values of the setting that's the argument before.
pub(super) fn setting_values(look: &CompletionContext<'_>) -> Vec<Offer> {
    let mut words = look.code.source.text().split_whitespace().skip(1);
    let values = words.next().map(setting_choices).unwrap_or_default();
    let values = values.into_iter().map(|value| Offer::new(value, ""));
    values.collect()
}

/// Returns the collection that a slot's call names before the cursor.
fn collection(
    look: &CompletionContext<'_>,
    slot: &CallSlot<'_>,
    function: &Function,
) -> Option<String> {
    let code = look.code;
    let is_collection = |takes: &Takes| *takes == Takes::Collection;
    let by_place = function.takes.iter().position(is_collection);
    let by_place = by_place.and_then(|index| item(code, slot.open, index));
    let named = by_place.and_then(|item| text(code, &item, look.names));
    named.or_else(|| {
        let map = item(code, slot.open, slot.argument)?;
        let mut options = function.options.iter();
        let option = options.find(|option| option.takes == Takes::Collection)?;
        let items = code.source.items(map.start, code.tokens.end);
        let is_option = |item: &&Range<usize>| {
            let key = code.source.key(item);
            key.is_some_and(|key| option.matches(key))
        };
        let item = items.iter().find(is_option)?;
        text(code, &(item.start + 2..item.end), look.names)
    })
}

/// Returns the tokens of the argument at an index.
fn item(code: &CursorCode<'_>, open: usize, index: usize) -> Option<Range<usize>> {
    let items = code.source.items(open, code.tokens.end);
    items.get(index).filter(|item| !item.is_empty()).cloned()
}

/// Returns the text that an expression is: a string, or a variable that holds one.
fn text(code: &CursorCode<'_>, item: &Range<usize>, names: &DefinedNames) -> Option<String> {
    if item.len() != 1 {
        return None;
    }
    if let Token::StringConstant(text) = code.source.token(item.start)? {
        return Some(text.to_string());
    }
    let name = code.source.name(item.start)?;
    let mut above = code.tokens.start..item.start;
    let declared = above.rfind(|at| {
        let keyword = code.word(at.checked_sub(1));
        code.word(Some(*at)) == name && matches!(keyword, "let" | "const")
    });
    match declared {
        Some(at) if code.word(Some(at + 1)) == "=" => match code.source.token(at + 2)? {
            Token::StringConstant(text) if code.word(Some(at + 3)) == ";" => Some(text.to_string()),
            _ => None,
        },
        Some(_) => None,
        None => {
            let (_, text) = names.texts.iter().find(|(known, _)| known == name)?;
            Some(text.clone())
        }
    }
}

/// Returns the texts of the list at the cursor that are complete.
fn given(code: &CursorCode<'_>) -> Vec<String> {
    let end = code.tokens.end;
    let open = code.open_before(end).pop();
    let Some(open) = open.filter(|open| code.word(Some(*open)) == "[") else {
        return Vec::new();
    };
    let items = code.source.items(open, end).into_iter();
    let texts = items.filter_map(|item| match code.source.token(item.start)? {
        Token::StringConstant(text) if item.len() == 1 => Some(text.to_string()),
        _ => None,
    });
    texts.collect()
}
