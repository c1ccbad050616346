//! The kind of text that's being typed at the cursor.

use super::chain::{Chain, chain, is_index, keys};
use super::scan::{Code, End, Sort, scan};

/// The position of the cursor, with the text that's being completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'t> {
    /// Byte offset of the text that's being completed.
    pub(super) start: usize,
    /// The part that's typed already.
    pub(super) typed: &'t str,
    /// The quote around the text; `None` outside of quotes.
    pub(super) quote: Option<char>,
    /// The kind of text that's being typed.
    pub(super) kind: Kind<'t>,
}

/// The kind of text that's expected at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// No completions: a comment, a number, a new name.
    Nothing,
    /// The beginning of an expression or statement.
    Name,
    /// A property or method of this value.
    Member(Chain<'t>),
    /// A function of this module.
    InModule(&'t str),
    /// A key of the option map in this slot, which already has the given keys.
    Key { map: Slot<'t>, given: Vec<&'t str> },
    /// A key of this value, in brackets and quotes.
    Index(Chain<'t>),
    /// The whole value in this slot.
    Value(Slot<'t>),
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
pub(super) struct Slot<'t> {
    /// The function's name.
    pub(super) function: &'t str,
    /// The value on which the function is called as a method.
    pub(super) receiver: Option<Chain<'t>>,
    /// Index of the argument, counted from 0 without the receiver.
    pub(super) argument: usize,
    /// The option keys that lead to the value within the argument.
    pub(super) keys: Vec<&'t str>,
    /// True within a list.
    pub(super) in_list: bool,
}

/// Returns the kind of text at the end of `text`, which is everything before the cursor.
pub(super) fn place(text: &str) -> Place<'_> {
    let blanks = text.len() - text.trim_start().len();
    if text.trim_start().starts_with(':') {
        return command(text, blanks + 1);
    }
    let code = scan(text);
    in_code(&code)
}

/// Returns the kind of text at the end of code that [`scan`] has read.
pub(super) fn in_code<'t>(code: &Code<'t>) -> Place<'t> {
    let text = code.text;
    let at = |start: usize, quote, kind| Place {
        start,
        typed: text.get(start..).unwrap_or_default(),
        quote,
        kind,
    };
    match code.end {
        End::Opaque => at(text.len(), None, Kind::Nothing),
        End::Text { quote, start } => at(start, Some(quote), in_text(code)),
        End::Code => {
            let last = code
                .tokens
                .last()
                .filter(|last| last.span.end == text.len());
            match last.map(|last| (last.sort, last.span.start)) {
                Some((Sort::Word, start)) => at(start, None, in_word(code, code.tokens.len() - 1)),
                Some((Sort::Number | Sort::Text, _)) => at(text.len(), None, Kind::Nothing),
                _ => at(text.len(), None, in_word(code, code.tokens.len())),
            }
        }
    }
}

/// Parses `:name argument …`; `start` is the byte offset behind the colon.
fn command(text: &str, start: usize) -> Place<'_> {
    let line = text.get(start..).unwrap_or_default();
    let Some(end) = line.find(char::is_whitespace) else {
        return Place {
            start,
            typed: line,
            quote: None,
            kind: Kind::Command,
        };
    };
    let (command, rest) = line.split_at(end);
    let word = rest.rfind(char::is_whitespace).map_or(0, |blank| {
        blank + rest[blank..].chars().next().map_or(0, char::len_utf8)
    });
    let (before, typed) = rest.split_at(word);
    Place {
        start: start + end + word,
        typed,
        quote: None,
        kind: Kind::CommandArgument {
            command,
            index: before.split_whitespace().count(),
        },
    }
}

/// Returns the kind of the word at this index, of which perhaps nothing is typed yet.
fn in_word<'t>(code: &Code<'t>, index: usize) -> Kind<'t> {
    let before = index.checked_sub(1);
    match code.word(before) {
        "." | "?." => return Kind::Member(chain(code, index - 1)),
        "::" => return Kind::InModule(code.word(index.checked_sub(2))),
        "let" | "const" | "fn" | "for" | "as" => return Kind::Nothing,
        _ => {}
    }
    let open = open_brackets(code, index);
    if let Some(bracket) = open.last()
        && bracket.begins(index)
    {
        match code.word(Some(bracket.index)) {
            "#{" => return key(code, &open, index),
            "(" if code.word(bracket.index.checked_sub(2)) == "fn" => return Kind::Nothing,
            _ => {}
        }
    }
    match slot(code, &open, index) {
        Some(slot) => Kind::Value(slot),
        None => compared(code, before).map_or(Kind::Name, Kind::Compared),
    }
}

/// Returns the kind of a string that began after the last token.
fn in_text<'t>(code: &Code<'t>) -> Kind<'t> {
    let index = code.tokens.len();
    let before = index.checked_sub(1);
    if code.word(before) == "import" && !matches!(code.word(index.checked_sub(2)), "." | "?.") {
        return Kind::Module;
    }
    let open = open_brackets(code, index);
    if let Some(bracket) = open.last() {
        match code.word(Some(bracket.index)) {
            "[" if bracket.index + 1 == index && is_index(code, bracket.index) => {
                return Kind::Index(chain(code, bracket.index));
            }
            "#{" if bracket.begins(index) => return key(code, &open, index),
            _ => {}
        }
    }
    if let Some(slot) = slot(code, &open, index) {
        return Kind::Value(slot);
    }
    compared(code, before).map_or(Kind::Text, Kind::Compared)
}

/// Returns the kind of a map's key at this index.
fn key<'t>(code: &Code<'t>, open: &[Bracket], index: usize) -> Kind<'t> {
    let Some((bracket, outer)) = open.split_last() else {
        return Kind::Nothing;
    };
    slot(code, outer, bracket.index).map_or(Kind::Nothing, |map| Kind::Key {
        map,
        given: keys(code, bracket.index, index),
    })
}

/// Returns the property on the left of a comparison sign at an index.
fn compared<'t>(code: &Code<'t>, sign: Option<usize>) -> Option<&'t str> {
    let property = sign?.checked_sub(1)?;
    let is_compared = matches!(code.word(sign), "==" | "!=")
        && code.is_name(Some(property))
        && matches!(code.word(property.checked_sub(1)), "." | "?.");
    is_compared.then(|| code.word(Some(property)))
}

/// An open bracket before an index.
struct Bracket {
    index: usize,
    commas: usize,
    /// Token index of the bracket itself, or of the last comma directly within it.
    last: usize,
}

impl Bracket {
    /// Returns true if an argument, item or key begins at this index.
    fn begins(&self, index: usize) -> bool {
        self.last + 1 == index
    }
}

/// Returns the brackets that are still open before an index, the outermost first.
fn open_brackets(code: &Code<'_>, index: usize) -> Vec<Bracket> {
    let mut open: Vec<Bracket> = Vec::new();
    for at in 0..index {
        match code.word(Some(at)) {
            "(" | "[" | "{" | "#{" => open.push(Bracket {
                index: at,
                commas: 0,
                last: at,
            }),
            ")" | "]" | "}" => {
                open.pop();
            }
            "," => {
                if let Some(bracket) = open.last_mut() {
                    bracket.commas += 1;
                    bracket.last = at;
                }
            }
            _ => {}
        }
    }
    open
}

/// Returns the slot of a value that begins at `index`, directly within the last of the open brackets.
fn slot<'t>(code: &Code<'t>, open: &[Bracket], index: usize) -> Option<Slot<'t>> {
    let mut keys = Vec::new();
    let mut in_list = false;
    let mut index = index;
    for bracket in open.iter().rev() {
        match code.word(Some(bracket.index)) {
            "(" if bracket.begins(index) => {
                keys.reverse();
                return call(code, bracket, keys, in_list);
            }
            "[" if bracket.begins(index) && !is_index(code, bracket.index) => {
                in_list |= keys.is_empty();
            }
            "#{" if code.word(index.checked_sub(1)) == ":" => {
                let name = index.checked_sub(2)?;
                if !bracket.begins(name) {
                    return None;
                }
                let name = code.token(Some(name))?;
                keys.push(super::chain::unquoted(code.slice(name)));
            }
            _ => return None,
        }
        index = bracket.index;
    }
    None
}

fn call<'t>(
    code: &Code<'t>,
    bracket: &Bracket,
    keys: Vec<&'t str>,
    in_list: bool,
) -> Option<Slot<'t>> {
    let name = bracket.index.checked_sub(1)?;
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
    Some(Slot {
        function,
        receiver,
        argument: bracket.commas,
        keys,
        in_list,
    })
}

#[cfg(test)]
mod tests;
