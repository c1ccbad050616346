//! Completion by Tab.
//!
//! The editor's helper owns one [`Completer`] and asks it at every Tab, through rustyline's trait of that name:
//! `complete(line, pos, context)` gives the byte offset where the replaced text begins and what may stand there.
//! A [`Pair`] has what the list shows and what is put into the line. What the completer needs to know it reads from the
//! session it is given when the prompt opens; it must not block for longer than 200 ms.

use crate::session::Session;
use rustyline::Context;
use rustyline::completion::Pair;
use std::rc::Rc;

/// Offers what may stand at the cursor.
pub(super) struct Completer {
    _session: Rc<Session>,
}

impl Completer {
    /// A completer for this session.
    pub(super) fn new(session: Rc<Session>) -> Self {
        Self { _session: session }
    }
}

impl rustyline::completion::Completer for Completer {
    type Candidate = Pair;

    fn complete(
        &self,
        _line: &str,
        pos: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok((pos, Vec::new()))
    }
}
