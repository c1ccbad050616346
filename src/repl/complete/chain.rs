//! Expressions before a dot, such as `jobs()[0].` or `eu.wait(job).details.`, and the values that names have in the
//! text.

use super::scan::{Code, Sort};

/// An expression split into a root and the steps that follow it, as far as they determine the value's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain<'t> {
    pub(super) root: Root<'t>,
    pub(super) links: Vec<Link<'t>>,
}

/// The beginning of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root<'t> {
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
pub(super) enum Link<'t> {
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
pub(super) fn chain<'t>(code: &Code<'t>, end: usize) -> Chain<'t> {
    let mut links = Vec::new();
    let mut end = end;
    let root = loop {
        let Some(last) = end.checked_sub(1) else {
            break Root::Unknown;
        };
        let Some(token) = code.token(Some(last)) else {
            break Root::Unknown;
        };
        // Returns the index of the dot before the name at an index; `None` if the name isn't a member or method of a
        // value.
        let owner = |name: usize| {
            let dot = name.checked_sub(1)?;
            matches!(code.word(Some(dot)), "." | "?.").then_some(dot)
        };
        match (token.sort, code.slice(token)) {
            (Sort::Text, _) => break Root::Text,
            (Sort::Word, word) => match owner(last) {
                Some(dot) => {
                    links.push(Link::Member(word));
                    end = dot;
                }
                None if code.word(last.checked_sub(1)) == "::" => break Root::Unknown,
                None => break Root::Name(word),
            },
            (Sort::Sign, ")") => {
                let Some(name) = code.opening(last).and_then(|open| open.checked_sub(1)) else {
                    break Root::Unknown;
                };
                if !code.is_name(Some(name)) {
                    break Root::Unknown;
                }
                let word = code.word(Some(name));
                match owner(name) {
                    Some(dot) => {
                        links.push(Link::Call(word));
                        end = dot;
                    }
                    None if code.word(name.checked_sub(1)) == "::" => break Root::Unknown,
                    None => break Root::Call(word),
                }
            }
            (Sort::Sign, "]") => {
                let Some(open) = code.opening(last) else {
                    break Root::Unknown;
                };
                if !is_index(code, open) {
                    break Root::Array;
                }
                links.push(Link::Index(key(code, open + 1, last)));
                end = open;
            }
            (Sort::Sign, "}") => {
                break match code.opening(last) {
                    Some(open) if code.word(Some(open)) == "#{" => {
                        Root::Map(keys(code, open, last))
                    }
                    _ => Root::Unknown,
                };
            }
            _ => break Root::Unknown,
        }
    };
    links.reverse();
    Chain { root, links }
}

/// Returns true if the bracket at `open` indexes the value before it, rather than beginning a list.
pub(super) fn is_index(code: &Code<'_>, open: usize) -> bool {
    let before = open.checked_sub(1);
    match code.token(before) {
        Some(token) if token.sort == Sort::Word => {
            !matches!(code.slice(token), "return" | "in" | "throw" | "else")
        }
        Some(token) if token.sort == Sort::Text => true,
        _ => matches!(code.word(before), ")" | "]"),
    }
}

/// Returns the content of the string that's the only token between two indexes; empty if there's no such string.
fn key<'t>(code: &Code<'t>, from: usize, to: usize) -> &'t str {
    match code.token(Some(from)) {
        Some(token) if token.sort == Sort::Text && from + 1 == to => unquoted(code.slice(token)),
        _ => "",
    }
}

/// Returns a string literal without its quotes.
pub(super) fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '`'])
}

/// Returns the keys of a map between its brackets.
pub(super) fn keys<'t>(code: &Code<'t>, open: usize, close: usize) -> Vec<&'t str> {
    let mut depth = 0_usize;
    let mut keys = Vec::new();
    for index in open + 1..close {
        match code.word(Some(index)) {
            "(" | "[" | "{" | "#{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            ":" if depth == 0 => {
                let name = code.token(index.checked_sub(1));
                keys.extend(name.map(|name| unquoted(code.slice(name))));
            }
            _ => {}
        }
    }
    keys
}

/// Returns the names declared before the cursor by `let`, `const`, `for`, closures and function definitions.
pub(super) fn declared<'t>(code: &Code<'t>) -> Vec<&'t str> {
    let mut names: Vec<&str> = Vec::new();
    let mut in_head = false;
    for index in 0..code.tokens.len() {
        let before = code.word(index.checked_sub(1));
        let word = code.word(Some(index));
        match before {
            "fn" => in_head = true,
            ")" | "{" => in_head = false,
            _ => {}
        }
        let next = code.word(Some(index + 1));
        let is_parameter = matches!(before, "|" | "," | "(") && matches!(next, "|" | "," | ")");
        let declares = matches!(before, "let" | "const" | "for" | "fn")
            || (is_parameter && (in_head || in_closure(code, index)));
        if declares && code.is_name(Some(index)) && !names.contains(&word) {
            names.push(word);
        }
    }
    names
}

/// Returns true if the name at an index is between the bars of a closure.
fn in_closure(code: &Code<'_>, index: usize) -> bool {
    let mut at = index;
    while let Some(before) = at.checked_sub(1) {
        match code.word(Some(before)) {
            "|" => {
                // A closure's opening bar follows no operand that it could combine by "or".
                let left = code.token(before.checked_sub(1));
                return left.is_none_or(|left| {
                    left.sort == Sort::Sign && !matches!(code.slice(left), ")" | "]" | "}" | "|")
                });
            }
            "," => {}
            _ if code.is_name(Some(before)) => {}
            _ => return false,
        }
        at = before;
    }
    false
}

/// Returns the latest assignment of a value to a name, if the text contains one.
pub(super) fn binding<'t>(code: &Code<'t>, name: &str) -> Option<Binding<'t>> {
    (0..code.tokens.len()).rev().find_map(|index| {
        if code.word(Some(index)) != name {
            return None;
        }
        let before = index.checked_sub(1);
        match (code.word(before), code.word(Some(index + 1))) {
            ("let" | "const", "=") => given(code, index + 2, false),
            ("for", "in") => given(code, index + 2, true),
            ("|", "|" | ",") => {
                // The pattern is `list.method(|name| …`.
                let call = before?.checked_sub(2)?;
                let dot = call.checked_sub(1)?;
                let is_method = code.word(before?.checked_sub(1)) == "("
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
pub(super) fn catches(code: &Code<'_>, name: &str) -> bool {
    (2..code.tokens.len()).any(|index| {
        code.word(Some(index)) == name
            && code.word(Some(index - 1)) == "("
            && code.word(Some(index - 2)) == "catch"
    })
}

/// Returns the assigned value, which begins at an index and ends with its statement.
fn given<'t>(code: &Code<'t>, from: usize, item: bool) -> Option<Binding<'t>> {
    let mut depth = 0_usize;
    let mut end = from;
    while let Some(token) = code.token(Some(end)) {
        match (token.sort, code.slice(token)) {
            (Sort::Sign, "{" | ";") if depth == 0 => break,
            (Sort::Sign, "(" | "[" | "{" | "#{") => depth += 1,
            (Sort::Sign, ")" | "]" | "}") => depth = depth.checked_sub(1)?,
            _ => {}
        }
        end += 1;
    }
    // If a chain doesn't reach back to the beginning of the value, it's only the value's last operand.
    let found = chain(code, end);
    let alone = !(from..end).any(|index| {
        matches!(
            code.word(Some(index)),
            "+" | "-" | "*" | "/" | "==" | "!=" | "&&" | "||" | "??" | "<" | ">"
        )
    });
    (end > from && (alone || depth > 0)).then_some(Binding { chain: found, item })
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn of(text: &str) -> Chain<'_> {
        let code = scan(text);
        let end = code.tokens.len();
        chain(&code, end)
    }

    #[test]
    fn chains_are_read_backwards() {
        for (text, root, links) in [
            ("job", Root::Name("job"), vec![]),
            ("1 + job", Root::Name("job"), vec![]),
            ("jobs()[0]", Root::Call("jobs"), vec![Link::Index("")]),
            (
                "f(connect(\"x\").jobs(#{a: [1]}).len)",
                Root::Call("f"),
                vec![],
            ),
            (
                "connect(\"x\").jobs(#{a: [1]}).len",
                Root::Call("connect"),
                vec![Link::Call("jobs"), Link::Member("len")],
            ),
            ("\"a\"", Root::Text, vec![]),
            ("x = [1, 2]", Root::Array, vec![]),
            (
                "m[\"a\"][i]",
                Root::Name("m"),
                vec![Link::Index("a"), Link::Index("")],
            ),
            (
                "#{a: 1, \"b c\": #{d: 2}}",
                Root::Map(vec!["a", "b c"]),
                vec![],
            ),
            ("(a)", Root::Unknown, vec![]),
            ("m::f()", Root::Unknown, vec![]),
            ("}", Root::Unknown, vec![]),
            ("a)", Root::Unknown, vec![]),
            ("", Root::Unknown, vec![]),
        ] {
            assert_eq!(of(text), Chain { root, links }, "{text}");
        }
    }

    #[test]
    fn names_know_where_they_come_from() {
        for (text, name, root, item) in [
            (
                "let j = import(\"a\", \"b\"); j",
                "j",
                Root::Call("import"),
                false,
            ),
            ("for j in jobs() { j", "j", Root::Call("jobs"), true),
            ("jobs().filter(|j| j", "j", Root::Call("jobs"), true),
            ("let x = y; let z = x; z", "z", Root::Name("x"), false),
        ] {
            let code = scan(text);
            let found = binding(&code, name).expect(text);
            assert_eq!((found.chain.root, found.item), (root, item), "{text}");
        }
        let code = scan("let x = a + b; x");
        assert_eq!(binding(&code, "x"), None);
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
            assert_eq!(declared(&scan(text)), names, "{text}");
        }
    }
}
