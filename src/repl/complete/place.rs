//! What kind of thing is being typed where the cursor stands.

use super::chain::{Chain, chain, is_index, keys};
use super::scan::{Code, End, Sort, scan};

/// The place of the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'t> {
    /// Where what was typed of it begins, in bytes.
    pub(super) start: usize,
    /// What was typed of it.
    pub(super) typed: &'t str,
    /// The quote that it stands in; none where it is not in quotes.
    pub(super) quote: Option<char>,
    /// What kind of thing it is.
    pub(super) kind: Kind<'t>,
}

/// What may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// Nothing that could be offered: a comment, a number, a new name.
    Nothing,
    /// The beginning of an expression or statement.
    Name,
    /// A property or method of this value.
    Member(Chain<'t>),
    /// A function of this module.
    InModule(&'t str),
    /// A key of the option map at this slot, which has these already.
    Key { map: Slot<'t>, given: Vec<&'t str> },
    /// A key of this value, in brackets and quotes.
    Index(Chain<'t>),
    /// The value at this slot, as a whole.
    Value(Slot<'t>),
    /// What a property of this name is compared with.
    Compared(&'t str),
    /// The path of a module.
    Module,
    /// A text of which nothing is known.
    Text,
    /// The name of a command, without its colon.
    Command,
    /// An argument of a command, counted from 0.
    CommandArgument { command: &'t str, index: usize },
}

/// A place for a value in a call: an argument, or an option in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot<'t> {
    /// The function's name.
    pub(super) function: &'t str,
    /// What it is a method call on.
    pub(super) receiver: Option<Chain<'t>>,
    /// Which argument, counted from 0 without the receiver.
    pub(super) argument: usize,
    /// The keys that lead to the value inside of that argument.
    pub(super) keys: Vec<&'t str>,
    /// True inside of a list.
    pub(super) in_list: bool,
}

/// The place at the end of `text`, which is all that stands before the cursor.
pub(super) fn place(text: &str) -> Place<'_> {
    let blanks = text.len() - text.trim_start().len();
    if text.trim_start().starts_with(':') {
        return command(text, blanks + 1);
    }
    let code = scan(text);
    in_code(&code)
}

/// The place in the code; `scan` has read it already.
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

/// `:name argument …`: `start` is behind the colon.
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

/// A word (or nothing yet) that stands at this index.
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

/// A text that began where the tokens end.
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

/// A map's key at this index.
fn key<'t>(code: &Code<'t>, open: &[Bracket], index: usize) -> Kind<'t> {
    let Some((bracket, outer)) = open.split_last() else {
        return Kind::Nothing;
    };
    slot(code, outer, bracket.index).map_or(Kind::Nothing, |map| Kind::Key {
        map,
        given: keys(code, bracket.index, index),
    })
}

/// The property on the left of a comparison that ends at an index.
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
    /// The bracket itself, or the last comma directly in it.
    last: usize,
}

impl Bracket {
    /// True if an argument, item or key begins at this index.
    fn begins(&self, index: usize) -> bool {
        self.last + 1 == index
    }
}

/// The brackets still open before an index, outermost first.
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

/// The slot of a value that begins at `index`, directly in the last of the open brackets.
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
