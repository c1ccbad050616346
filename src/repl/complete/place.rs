//! The kind of text that's being typed at the cursor.

use super::chain::{Chain, chain, is_index, keys};
use super::code::{CursorCode, CursorContext};

/// The position of the cursor, with the text that's being completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CompletionPlace<'t> {
    /// Byte offset of the text that's being completed.
    pub(super) start: usize,
    /// The part that's typed already.
    pub(super) typed: &'t str,
    /// The quote around the text; `None` outside of quotes.
    pub(super) quote: Option<char>,
    /// The kind of text that's being typed.
    pub(super) kind: CompletionKind<'t>,
}

/// The kind of text that's expected at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CompletionKind<'t> {
    /// No completions: a comment, a number, a new name.
    Nothing,
    /// The beginning of an expression or statement.
    Name,
    /// A property or method of this value.
    Member(Chain<'t>),
    /// A function of this module.
    InModule(&'t str),
    /// A key of the option map in this slot, which already has the given keys.
    Key {
        map: CallSlot<'t>,
        given: Vec<&'t str>,
    },
    /// A key of this value, in brackets and quotes.
    Index(Chain<'t>),
    /// The whole value in this slot.
    Value(CallSlot<'t>),
    /// A value that's compared with a property of this name.
    Compared(&'t str),
    /// The path of a module.
    Module,
    /// A string that could contain anything.
    Text,
    /// The name of a command, without its colon.
    Command,
    /// An argument of a command, counted from 0.
    CommandArgument { command: &'t str, index: usize },
}

/// The position of a value in a call: an argument, or an option within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallSlot<'t> {
    /// The function's name.
    pub(super) function: &'t str,
    /// The value on which the function is called as a method.
    pub(super) receiver: Option<Chain<'t>>,
    /// Index of the call's parenthesis among the tokens.
    pub(super) open: usize,
    /// Index of the argument, counted from 0 without the receiver.
    pub(super) argument: usize,
    /// The option keys that lead to the value within the argument.
    pub(super) keys: Vec<&'t str>,
}

/// Returns the kind of text at the end of a source, which is everything before the cursor.
pub(super) fn place<'t>(code: &CursorCode<'t>) -> CompletionPlace<'t> {
    let text = code.source.text();
    let is_command = text.trim_start().starts_with(':');
    let end = code.tokens.end;
    let last = end
        .checked_sub(1)
        .filter(|last| code.tokens.contains(last) && code.source.span(*last).end == text.len());
    let is_number = code
        .word(last)
        .starts_with(|first: char| first.is_ascii_digit());
    let (start, kind) = match (code.context, last) {
        _ if is_command => command(text),
        (CursorContext::Opaque, _) => (text.len(), CompletionKind::Nothing),
        (CursorContext::Text { start, .. }, _) => (start, in_text(code)),
        (CursorContext::Code, Some(last)) if code.is_name(Some(last)) => {
            (code.source.span(last).start, in_word(code, last))
        }
        (CursorContext::Code, last) if code.is_text(last) || is_number => {
            (text.len(), CompletionKind::Nothing)
        }
        (CursorContext::Code, _) => (text.len(), in_word(code, end)),
    };
    CompletionPlace {
        start,
        typed: text.get(start..).unwrap_or_default(),
        quote: match code.context {
            CursorContext::Text { quote, .. } if !is_command => Some(quote),
            _ => None,
        },
        kind,
    }
}

/// Parses `:name argument …`.
fn command(text: &str) -> (usize, CompletionKind<'_>) {
    let line = text.trim_start().get(1..).unwrap_or_default();
    let start = text.len() - line.len();
    let Some(end) = line.find(char::is_whitespace) else {
        return (start, CompletionKind::Command);
    };
    let (command, rest) = line.split_at(end);
    let before = rest.trim_end_matches(|letter: char| !letter.is_whitespace());
    let index = before.split_whitespace().count();
    let kind = CompletionKind::CommandArgument { command, index };
    (start + end + before.len(), kind)
}

/// Returns the kind of the word at this index, of which perhaps nothing is typed yet.
fn in_word<'t>(code: &CursorCode<'t>, index: usize) -> CompletionKind<'t> {
    let before = index.checked_sub(1);
    match code.word(before) {
        "." | "?." => return CompletionKind::Member(chain(code, index - 1)),
        "::" => return CompletionKind::InModule(code.word(index.checked_sub(2))),
        "let" | "const" | "fn" | "for" | "as" => return CompletionKind::Nothing,
        _ => {}
    }
    let open = code.open_before(index);
    if let Some(bracket) = open.last()
        && code.item_at(*bracket, index).is_some()
    {
        match code.word(Some(*bracket)) {
            "#{" => return key(code, &open, index),
            "(" if code.word(bracket.checked_sub(2)) == "fn" => return CompletionKind::Nothing,
            _ => {}
        }
    }
    match slot(code, &open, index) {
        Some(slot) => CompletionKind::Value(slot),
        None => compared(code, before).map_or(CompletionKind::Name, CompletionKind::Compared),
    }
}

/// Returns the kind of a string that began after the last token.
fn in_text<'t>(code: &CursorCode<'t>) -> CompletionKind<'t> {
    let index = code.tokens.end;
    let before = index.checked_sub(1);
    if code.word(before) == "import" && !matches!(code.word(index.checked_sub(2)), "." | "?.") {
        return CompletionKind::Module;
    }
    let open = code.open_before(index);
    if let Some(bracket) = open.last() {
        match code.word(Some(*bracket)) {
            "[" if bracket + 1 == index && is_index(code, *bracket) => {
                return CompletionKind::Index(chain(code, *bracket));
            }
            "#{" if code.item_at(*bracket, index).is_some() => return key(code, &open, index),
            _ => {}
        }
    }
    if let Some(slot) = slot(code, &open, index) {
        return CompletionKind::Value(slot);
    }
    compared(code, before).map_or(CompletionKind::Text, CompletionKind::Compared)
}

/// Returns the kind of a map's key at this index.
fn key<'t>(code: &CursorCode<'t>, open: &[usize], index: usize) -> CompletionKind<'t> {
    let Some((bracket, outer)) = open.split_last() else {
        return CompletionKind::Nothing;
    };
    slot(code, outer, *bracket).map_or(CompletionKind::Nothing, |map| CompletionKind::Key {
        map,
        given: keys(code, *bracket, index),
    })
}

/// Returns the property on the left of a comparison sign at an index.
fn compared<'t>(code: &CursorCode<'t>, sign: Option<usize>) -> Option<&'t str> {
    let property = sign?.checked_sub(1)?;
    let is_compared = matches!(code.word(sign), "==" | "!=")
        && code.is_name(Some(property))
        && matches!(code.word(property.checked_sub(1)), "." | "?.");
    is_compared.then(|| code.word(Some(property)))
}

/// Returns the slot of a value that begins at `index`, directly within the last of the open brackets.
fn slot<'t>(code: &CursorCode<'t>, open: &[usize], index: usize) -> Option<CallSlot<'t>> {
    let mut keys = Vec::new();
    let mut index = index;
    for bracket in open.iter().rev() {
        let item = code.item_at(*bracket, index);
        match (code.word(Some(*bracket)), item) {
            ("(", Some(argument)) => {
                keys.reverse();
                return call(code, *bracket, argument, keys);
            }
            ("[", Some(_)) if !is_index(code, *bracket) => {}
            ("#{", None) if code.word(index.checked_sub(1)) == ":" => {
                let item = index.checked_sub(2)?..index;
                code.item_at(*bracket, item.start)?;
                keys.push(code.source.key(&item)?);
            }
            _ => return None,
        }
        index = *bracket;
    }
    None
}

fn call<'t>(
    code: &CursorCode<'t>,
    bracket: usize,
    argument: usize,
    keys: Vec<&'t str>,
) -> Option<CallSlot<'t>> {
    let name = bracket.checked_sub(1)?;
    let function = code.word(Some(name));
    let keyword = matches!(
        function,
        "if" | "while" | "switch" | "for" | "return" | "in"
    );
    if !code.is_name(Some(name)) || keyword {
        return None;
    }
    let before = name.checked_sub(1);
    let receiver = match code.word(before) {
        "fn" | "::" => return None,
        "." | "?." => Some(chain(code, before?)),
        _ => None,
    };
    Some(CallSlot {
        function,
        receiver,
        open: bracket,
        argument,
        keys,
    })
}

#[cfg(test)]
mod tests;
