//! Expressions before a dot, such as `jobs()[0].` or `eu.wait(job).details.`, and the values that names have in the
//! text.

use super::code::CursorCode;

/// An expression split into a root and the steps that follow it, as far as they determine the value's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain<'t> {
    pub(super) root: ChainRoot<'t>,
    pub(super) links: Vec<ChainLink<'t>>,
}

/// The beginning of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChainRoot<'t> {
    /// A variable, or the function of that name.
    Name(&'t str),
    /// A call of a function.
    Call(&'t str),
    /// A string.
    Text,
    /// A list in brackets.
    Array,
    /// A map with these keys.
    Map(Vec<&'t str>),
    /// Any other expression.
    Unknown,
}

/// One step from a value to a part of it, or to the result of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChainLink<'t> {
    /// `.name`
    Member(&'t str),
    /// `.name(…)`
    Call(&'t str),
    /// `["key"]`; the key is empty if the brackets contain anything else than a string.
    Index(&'t str),
}

/// The assignment of a value to a name in the text before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding<'t> {
    /// The value, or the list whose items are the values.
    pub(super) chain: Chain<'t>,
    /// True for the variable of a `for` loop and for the parameter of a closure that's passed to a list's method.
    pub(super) item: bool,
}

/// Returns the chain that ends with the token before `end`.
pub(super) fn chain<'t>(code: &CursorCode<'t>, end: usize) -> Chain<'t> {
    let mut links = Vec::new();
    let mut end = end;
    let root = loop {
        match last_link(code, end) {
            Ok((link, before)) => {
                links.push(link);
                end = before;
            }
            Err(root) => break root,
        }
    };
    links.reverse();
    Chain { root, links }
}

/// Returns the link that ends with the token before `end`, and the index behind the value before it. The error is the
/// root of the chain, if there's no such value.
fn last_link<'t>(
    code: &CursorCode<'t>,
    end: usize,
) -> Result<(ChainLink<'t>, usize), ChainRoot<'t>> {
    let last = end.checked_sub(1);
    let open = last
        .and_then(|last| code.source.partner(last))
        .filter(|open| *open < end);
    let before_open = open.and_then(|open| open.checked_sub(1));
    let (name, link, root) = match (code.word(last), open) {
        _ if code.is_text(last) => return Err(ChainRoot::Text),
        (word, _) if code.is_name(last) => (last, ChainLink::Member(word), ChainRoot::Name(word)),
        (")", Some(_)) if code.is_name(before_open) => {
            let word = code.word(before_open);
            (before_open, ChainLink::Call(word), ChainRoot::Call(word))
        }
        ("]", Some(open)) if is_index(code, open) => {
            let key = match code.source.items(open, end).as_slice() {
                [item] if item.len() == 1 && code.is_text(Some(item.start)) => {
                    code.source.part(code.source.text_content(item.start))
                }
                _ => "",
            };
            return Ok((ChainLink::Index(key), open));
        }
        ("]", Some(_)) => return Err(ChainRoot::Array),
        ("}", Some(open)) if code.word(Some(open)) == "#{" => {
            return Err(ChainRoot::Map(keys(code, open, end)));
        }
        _ => return Err(ChainRoot::Unknown),
    };
    // A name is a link if it's a member or method of a value.
    let before = name.and_then(|name| name.checked_sub(1));
    match (code.word(before), before) {
        ("." | "?.", Some(dot)) => Ok((link, dot)),
        ("::", _) => Err(ChainRoot::Unknown),
        _ => Err(root),
    }
}

/// Returns true if the bracket at `open` indexes the value before it, rather than beginning a list.
pub(super) fn is_index(code: &CursorCode<'_>, open: usize) -> bool {
    let before = open.checked_sub(1);
    match code.word(before) {
        "return" | "in" | "throw" | "else" => false,
        ")" | "]" => true,
        _ => code.is_name(before) || code.is_text(before),
    }
}

/// Returns the keys of a map between its bracket and `end`.
pub(super) fn keys<'t>(code: &CursorCode<'t>, open: usize, end: usize) -> Vec<&'t str> {
    let items = code.source.items(open, end);
    items
        .iter()
        .filter_map(|item| code.source.key(item))
        .collect()
}

/// Returns the names declared before the cursor by `let`, `const`, `for`, closures and function definitions.
pub(super) fn declared<'t>(code: &CursorCode<'t>) -> Vec<&'t str> {
    let mut names: Vec<&str> = Vec::new();
    let mut declare = |index: usize| {
        let word = code.word(Some(index));
        if code.is_name(Some(index)) && !names.contains(&word) {
            names.push(word);
        }
    };
    for index in code.tokens.clone() {
        let before = code.word(index.checked_sub(1));
        if matches!(before, "let" | "const" | "for" | "fn") || is_closure_parameter(code, index) {
            declare(index);
        }
        if code.word(Some(index)) == "(" && code.word(index.checked_sub(2)) == "fn" {
            let parameters = code.source.items(index, code.tokens.end);
            for item in parameters {
                declare(item.start);
            }
        }
    }
    names
}

/// Returns true if the name at an index is between the bars of a closure.
fn is_closure_parameter(code: &CursorCode<'_>, index: usize) -> bool {
    let is_between = |index: usize| {
        code.is_name(Some(index))
            && matches!(code.word(index.checked_sub(1)), "|" | ",")
            && matches!(code.word(Some(index + 1)), "|" | ",")
    };
    let mut at = index;
    while is_between(at) {
        if code.word(at.checked_sub(1)) == "," {
            at = at.saturating_sub(2);
            continue;
        }
        // A closure's opening bar follows no operand that it could combine by "or".
        let left = at.checked_sub(2);
        return !code.is_name(left)
            && !code.is_text(left)
            && !code.word(left).starts_with(|first: char| {
                first.is_ascii_digit() || matches!(first, ')' | ']' | '}' | '|')
            });
    }
    false
}

/// Returns the latest assignment of a value to a name, if the text contains one.
pub(super) fn binding<'t>(code: &CursorCode<'t>, name: &str) -> Option<Binding<'t>> {
    code.tokens.clone().rev().find_map(|index| {
        if code.word(Some(index)) != name {
            return None;
        }
        let before = index.checked_sub(1)?;
        match (code.word(Some(before)), code.word(Some(index + 1))) {
            ("let" | "const", "=") => given(code, index + 2, false),
            ("for", "in") => given(code, index + 2, true),
            ("|", "|" | ",") => {
                // The pattern is `list.method(|name| …`.
                let call = before.checked_sub(2)?;
                let dot = call.checked_sub(1)?;
                let is_method = code.word(before.checked_sub(1)) == "("
                    && code.is_name(Some(call))
                    && matches!(code.word(Some(dot)), "." | "?.");
                is_method.then(|| Binding {
                    chain: chain(code, dot),
                    item: true,
                })
            }
            _ => None,
        }
    })
}

/// Returns true if the name is the variable of a `catch (name)`.
pub(super) fn catches(code: &CursorCode<'_>, name: &str) -> bool {
    code.tokens.clone().any(|index| {
        code.word(Some(index)) == name
            && code.word(index.checked_sub(1)) == "("
            && code.word(index.checked_sub(2)) == "catch"
    })
}

/// Returns the assigned value, which begins at an index and ends with its statement. `None` if the value is the result
/// of an operator.
fn given<'t>(code: &CursorCode<'t>, from: usize, item: bool) -> Option<Binding<'t>> {
    let mut end = from;
    while code.tokens.contains(&end) {
        match code.word(Some(end)) {
            "{" | ";" => break,
            ")" | "]" | "}" | "+" | "-" | "*" | "/" | "==" | "!=" | "&&" | "||" | "??" | "<"
            | ">" => return None,
            _ => end = code.source.skip(end),
        }
    }
    let end = end.min(code.tokens.end);
    (end > from).then(|| Binding {
        chain: chain(code, end),
        item,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::syntax::SourceText;

    #[test]
    fn chains_are_read_backwards() {
        use ChainLink::{Call as CallOf, Index, Member};
        use ChainRoot::{Array, Call, Map, Name, Text, Unknown};
        for (text, root, links) in [
            ("job", Name("job"), vec![]),
            ("1 + job", Name("job"), vec![]),
            ("jobs()[0]", Call("jobs"), vec![Index("")]),
            ("f(connect(\"x\").jobs(#{a: [1]}).len)", Call("f"), vec![]),
            (
                "connect(\"x\").jobs(#{a: [1]}).len",
                Call("connect"),
                vec![CallOf("jobs"), Member("len")],
            ),
            ("\"a\"", Text, vec![]),
            ("x = [1, 2]", Array, vec![]),
            ("m[\"a\"][i]", Name("m"), vec![Index("a"), Index("")]),
            ("#{a: 1, \"b c\": #{d: 2}}", Map(vec!["a", "b c"]), vec![]),
            ("(a)", Unknown, vec![]),
            ("m::f()", Unknown, vec![]),
            ("}", Unknown, vec![]),
            ("a)", Unknown, vec![]),
            ("", Unknown, vec![]),
        ] {
            let source = SourceText::read(text);
            let found = chain(&CursorCode::at_end(&source), source.len());
            assert_eq!(found, Chain { root, links }, "{text}");
        }
    }

    #[test]
    fn names_have_their_origin() {
        use ChainRoot::{Call, Name};
        for (text, name, root, item) in [
            (
                "let j = import(\"a\", \"b\"); j",
                "j",
                Call("import"),
                false,
            ),
            ("for j in jobs() { j", "j", Call("jobs"), true),
            ("jobs().filter(|j| j", "j", Call("jobs"), true),
            ("let x = y; let z = x; z", "z", Name("x"), false),
        ] {
            let source = SourceText::read(text);
            let found = binding(&CursorCode::at_end(&source), name).expect(text);
            assert_eq!((found.chain.root, found.item), (root, item), "{text}");
        }
        let source = SourceText::read("let x = a + b; x");
        assert_eq!(binding(&CursorCode::at_end(&source), "x"), None);
    }

    #[test]
    fn declared_names_are_found() {
        for (text, names) in [
            ("let a = 1; const b = 2; for c in d {", vec!["a", "b", "c"]),
            ("fn f(x, y) { let z = g(u, v);", vec!["f", "x", "y", "z"]),
            ("l.map(|p, q| p", vec!["p", "q"]),
            ("a | b | c", vec![]),
            ("g(u, v)", vec![]),
        ] {
            let source = SourceText::read(text);
            assert_eq!(declared(&CursorCode::at_end(&source)), names, "{text}");
        }
    }
}
