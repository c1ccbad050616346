//! Completion on Tab.
//!
//! The editor's helper owns a [`Completer`] and calls rustyline's trait of that name on each Tab: `complete(line, pos,
//! context)` returns the byte offset of the replaced text and the candidates. A [`Pair`] has the text for the list and
//! the text to insert.
//!
//! The text before the cursor is tokenized ([`scan`]) and classified ([`place`]). A source for that class makes
//! [`Offer`]s from the tables of functions and commands and from the session ([`crate::session::known`]). Nothing here
//! waits longer than 200 ms for a service.

#[cfg(test)]
mod agreement;
mod chain;
mod commands;
mod files;
mod members;
mod names;
mod offer;
mod place;
mod scan;
mod values;

use crate::render::Tone;
use crate::session::Session;
use files::First;
use offer::Offer;
use place::{Kind, Place};
use rustyline::Context;
use rustyline::completion::Pair;
use std::borrow::Cow;
use std::rc::Rc;
use values::Look;

/// Offers what may stand at the cursor.
pub(super) struct Completer {
    session: Rc<Session>,
}

/// What a source found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    offers: Vec<Offer>,
    /// What is told beside them.
    notice: Option<&'static str>,
}

impl Answer {
    fn of(offers: Vec<Offer>) -> Self {
        Self {
            offers,
            notice: None,
        }
    }

    fn notice(text: &'static str) -> Self {
        Self {
            offers: Vec::new(),
            notice: Some(text),
        }
    }
}

impl Completer {
    /// A completer for this session.
    pub(super) fn new(session: Rc<Session>) -> Self {
        Self { session }
    }

    /// A line of the list with the words on a name dimmed.
    pub(super) fn highlight<'l>(&self, line: &'l str) -> Cow<'l, str> {
        match line.find("  ") {
            Some(at) => {
                let (name, help) = line.split_at(at);
                Cow::Owned(format!(
                    "{name}{}",
                    self.session.out().paint(Tone::Dim, help)
                ))
            }
            None => Cow::Borrowed(line),
        }
    }

    fn offers(look: &Look<'_, '_>) -> Answer {
        let place = look.place;
        let quote = place.quote;
        Answer::of(match &place.kind {
            Kind::Nothing => Vec::new(),
            Kind::Name => names::names(look.code, look.names, place.typed),
            Kind::Member(chain) => members::members(&members::shape(chain, look.code, look.names)),
            Kind::InModule(name) => names::of_module(name, look.names),
            Kind::Key { map, given } => values::keys(look, map, given),
            Kind::Index(chain) => {
                members::keys(&members::shape(chain, look.code, look.names), quote)
            }
            Kind::Value(slot) => return values::values(look, slot),
            Kind::Compared(property) => values::compared(look, property),
            Kind::Module => files::files(place.typed, quote, First::Scripts, false),
            Kind::Text => values::text(look),
            Kind::Command => commands::commands(),
            Kind::CommandArgument { command, index } => {
                return commands::argument(look, command, *index);
            }
        })
    }
}

impl rustyline::completion::Completer for Completer {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Some((before, after)) = line.split_at_checked(pos) else {
            return Ok((pos, Vec::new()));
        };
        let from = commands::statement(before);
        let place = place::place(before.get(from..).unwrap_or_default());
        let names = self.session.known.names();
        let answer = Self::offers(&Look {
            session: &self.session,
            names: &names,
            code: &scan::scan(before.get(from..).unwrap_or_default()),
            place: &place,
        });
        let screen = self.session.out();
        let mut pairs = offer::pairs(&place, after, answer.offers, &screen);
        if let Some(notice) = answer.notice.filter(|_| place.typed.is_empty()) {
            // Wide enough that the list has one column.
            let half = screen.width.unwrap_or(80) / 2;
            tell(&mut pairs, &place, format!("({notice}){:half$}", ""));
        }
        Ok((from + place.start, pairs))
    }
}

/// Puts a row into the list that changes nothing in the line: the only way to tell something at a Tab. A list of one
/// would be taken for its only item.
fn tell(pairs: &mut Vec<Pair>, place: &Place<'_>, notice: String) {
    let row = |display: String| Pair {
        display,
        replacement: place.typed.to_owned(),
    };
    pairs.insert(0, row(notice));
    if pairs.len() < 2 {
        pairs.push(row(String::new()));
    }
}
