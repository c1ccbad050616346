//! Completion on Tab.
//!
//! The editor's helper owns a [`Completer`] and calls `complete(line, pos)` on each Tab, which returns the byte offset of
//! the replaced text and the candidates. A [`Pair`] has the text for the list and the text to insert.
//!
//! The code before the cursor ([`code`]) is classified ([`place`]). A source for that class makes [`Offer`]s from the
//! tables of functions and commands and from the session ([`crate::session::known`], [`crate::session::names`]). Nothing here waits longer than
//! 200 ms for a service.
//!
//! The first Tab inserts the candidates' common beginning and prints the list. Each further Tab puts the next candidate
//! into the line ([`walk`]), Shift-Tab the one before.

mod chain;
mod code;
mod commands;
mod files;
mod filter;
mod listed;
mod members;
mod names;
mod offer;
mod place;
mod values;
mod walk;

use crate::connection::Connection;
use crate::engine::registry::{self, Function};
use crate::engine::syntax::SourceText;
use crate::engine::types::{DefinedNames, Shape, SharedNames};
use crate::render::Tone;
use crate::repl::commands::statement;
use crate::repl::keys::TabKey;
use crate::session::Session;
use crate::text::words;
use chain::{Chain, ChainLink};
use code::CursorCode;
use files::FileOrder;
use offer::Offer;
use place::{CallSlot, CompletionKind, CompletionPlace};
use rustyline::completion::Pair;
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use walk::CandidateWalk;

/// Completes the text at the cursor.
pub(super) struct Completer {
    session: Rc<Session>,
    names: SharedNames,
    /// The walk that a second Tab starts.
    walk: RefCell<Option<CandidateWalk>>,
}

/// The candidates of a source.
#[derive(Debug, Default, PartialEq, Eq)]
struct CompletionAnswer {
    offers: Vec<Offer>,
    /// A line that's shown above them.
    notice: Option<&'static str>,
    /// Number of typed bytes before the part that the candidates replace.
    skipped: usize,
}

impl CompletionAnswer {
    fn of(offers: Vec<Offer>) -> Self {
        Self {
            offers,
            ..Self::default()
        }
    }

    fn notice(text: &'static str) -> Self {
        Self {
            notice: Some(text),
            ..Self::default()
        }
    }
}

/// The state that sources use.
struct CompletionContext<'a> {
    session: &'a Rc<Session>,
    names: &'a DefinedNames,
    code: &'a CursorCode<'a>,
    place: &'a CompletionPlace<'a>,
}

impl CompletionContext<'_> {
    /// Returns the function of a slot.
    fn function(&self, slot: &CallSlot<'_>) -> Option<&'static Function> {
        let function = registry::find(slot.function)?;
        let mut own = self.names.functions.iter();
        let own = own.any(|own| own.name == slot.function);
        let is_it = match &slot.receiver {
            None => !own,
            Some(chain) => {
                let shape = self.shape(chain);
                function.method && matches!(shape, Shape::Connection(_) | Shape::Unknown)
            }
        };
        is_it.then_some(function)
    }

    /// Returns the slot whose value is being typed.
    fn slot(&self) -> Option<&CallSlot<'_>> {
        match &self.place.kind {
            CompletionKind::Value(slot) => Some(slot),
            _ => None,
        }
    }

    /// Returns the connection that the slot's call uses, if known.
    fn connection(&self) -> Option<Rc<Connection>> {
        let receiver = self.slot().and_then(|slot| slot.receiver.as_ref());
        match receiver.map(|chain| self.shape(chain)) {
            None => self.session.current(),
            Some(Shape::Connection(connection)) => connection,
            Some(_) => None,
        }
    }

    /// Returns the shape of an expression's value.
    fn shape(&self, chain: &Chain<'_>) -> Shape {
        members::shape(chain, self.code, self.names)
    }

    /// Quotes each offer for the open quote, or with its own.
    fn quoted(&self, offers: impl IntoIterator<Item = Offer>) -> Vec<Offer> {
        let quote = self.place.quote;
        let offers = offers.into_iter();
        offers.filter_map(|offer| offer.quoted(quote)).collect()
    }
}

impl Completer {
    /// Returns a completer for this session and the names of its prompt.
    pub(super) fn new(session: Rc<Session>, names: SharedNames) -> Self {
        Self {
            session,
            names,
            walk: RefCell::default(),
        }
    }

    /// Returns the candidate that a repeated Tab puts into the line, with the byte offset of the replaced text. `None`
    /// if the key isn't repeated or the line has changed.
    pub(super) fn walk(&self, line: &str, pos: usize, key: TabKey) -> Option<(usize, Vec<Pair>)> {
        let mut walk = self.walk.borrow_mut();
        let next = walk.as_mut().filter(|_| key.repeated);
        let next = next.and_then(|walk| walk.step(line, pos, key.backward));
        if next.is_none() {
            *walk = None;
        }
        next
    }

    /// Returns the place of the line's candidate among all, if a walk has put it there.
    pub(super) fn walked(&self, line: &str, pos: usize) -> Option<String> {
        self.walk.borrow().as_ref()?.place(line, pos)
    }

    /// Returns a line of the list with the help after the name dimmed.
    pub(super) fn highlight<'l>(&self, line: &'l str) -> Cow<'l, str> {
        match line.find("  ") {
            Some(at) => {
                let (name, help) = line.split_at(at);
                let help = self.session.out().paint(Tone::Dim, help);
                Cow::Owned(format!("{name}{help}"))
            }
            None => Cow::Borrowed(line),
        }
    }

    fn offers(look: &CompletionContext<'_>) -> CompletionAnswer {
        let place = look.place;
        let quote = place.quote;
        CompletionAnswer::of(match &place.kind {
            CompletionKind::Nothing => Vec::new(),
            CompletionKind::Name => names::names(look.code, look.names, place.typed),
            CompletionKind::Member(chain) => members::members(&look.shape(chain)),
            CompletionKind::InModule(name) => names::of_module(name, look.names),
            CompletionKind::Key { map, given } => values::keys(look, map, given),
            CompletionKind::Index(chain) => look.quoted(members::keys(&look.shape(chain))),
            CompletionKind::Value(slot) => return values::values(look, slot),
            CompletionKind::Compared(property) => values::compared(look, property),
            CompletionKind::Module => files::files(place.typed, quote, FileOrder::Scripts, false),
            CompletionKind::Text => values::text(look),
            CompletionKind::Command => commands::commands(),
            CompletionKind::CommandArgument { command, index } => {
                return commands::argument(look, command, *index);
            }
        })
    }

    /// Returns the candidates for the text at the cursor, and the byte offset of the text that they replace.
    pub(super) fn complete(&self, line: &str, pos: usize) -> (usize, Vec<Pair>) {
        let Some((before, after)) = line.split_at_checked(pos) else {
            return (pos, Vec::new());
        };
        let from = statement(before);
        let source = SourceText::read(before.get(from..).unwrap_or_default());
        let code = CursorCode::at_end(&source);
        let mut place = place::place(&code);
        let names = self.names.get();
        let answer = Self::offers(&CompletionContext {
            session: &self.session,
            names: &names,
            code: &code,
            place: &place,
        });
        place.start += answer.skipped;
        place.typed = place.typed.get(answer.skipped..).unwrap_or_default();
        let screen = self.session.out();
        let mut pairs = offer::pairs(&place, after, answer.offers, &screen);
        if let Some(notice) = answer.notice.filter(|_| place.typed.is_empty()) {
            // Wide enough that the list has one column.
            let half = screen.width.unwrap_or(80) / 2;
            add_notice(&mut pairs, &place, format!("({notice}){:half$}", ""));
        } else {
            *self.walk.borrow_mut() = CandidateWalk::new(line, pos, from + place.start, &pairs);
        }
        (from + place.start, pairs)
    }
}

/// Returns `()` for a text that gave no value and ends with a variable, a property or a key, and suggests keys similar
/// to one that the map lacks. Returns `None` for any other text, such as a call.
pub(super) fn missing_value(source: &SourceText, names: &DefinedNames) -> Option<String> {
    let statement = source.statements().pop()?;
    let mut at = statement.tokens.start;
    while at < statement.tokens.end {
        let is_part = source.name(at).is_some()
            || source.opens(at)
            || source.is_text(at)
            || matches!(source.slice(at), "." | "?." | "::");
        if !is_part {
            return None;
        }
        at = source.skip(at);
    }
    let last = statement.tokens.end.checked_sub(1)?;
    if source.name(last).is_none() && source.slice(last) != "]" {
        return None;
    }
    let code = CursorCode::at_end(source);
    let mut chain = chain::chain(&code, statement.tokens.end);
    let Some(ChainLink::Member(key) | ChainLink::Index(key)) = chain.links.pop() else {
        return Some("()".to_owned());
    };
    let offers = members::members(&members::shape(&chain, &code, names));
    let known = offers.iter().map(|offer| offer.name.as_str());
    let is_missing = !known.clone().any(|known| known == key);
    let near = is_missing
        .then(|| words::did_you_mean(key, known))
        .flatten();
    Some(near.map_or_else(|| "()".to_owned(), |near| format!("()  {near}")))
}

/// Adds a row to the list that changes nothing in the line. A list of a single row would be inserted as the only
/// candidate.
fn add_notice(pairs: &mut Vec<Pair>, place: &CompletionPlace<'_>, notice: String) {
    let row = |display: String| Pair {
        display,
        replacement: place.typed.to_owned(),
    };
    pairs.insert(0, row(notice));
    if pairs.len() < 2 {
        pairs.push(row(String::new()));
    }
}

#[cfg(test)]
mod tests;
