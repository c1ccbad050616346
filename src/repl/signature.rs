//! The call that is being typed, and its remaining parameters: the forms that fit the typed arguments.

use crate::engine::registry::{Function, Opt, callee};
use crate::engine::syntax::SourceText;
use rhai::{LexError, Token};
use std::ops::Range;

/// The syntax of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ArgumentShape {
    /// A map, `#{…}`.
    Map,
    /// An array, `[…]`.
    List,
    /// A text or number.
    Literal,
    /// Any other expression.
    Any,
}

/// A call of one of zshell's functions around the cursor.
pub(super) struct CallSite {
    /// The function.
    function: &'static Function,
    /// True for a method call.
    method: bool,
    /// The arguments so far. `None` for one without text. Never empty.
    arguments: Vec<Option<ArgumentShape>>,
    /// The option whose value is being typed, in an option map of the call itself.
    key: Option<String>,
    /// True if the position is inside a bracket of an argument.
    pub(super) inside: bool,
    /// The quote that would close the open text.
    open_quote: &'static str,
}

/// Returns the innermost call of one of zshell's functions around a byte offset. `None` after the `{` of a closure or
/// block.
pub(super) fn around(source: &SourceText, offset: usize) -> Option<CallSite> {
    let end = source.count_before(offset);
    let open = source.open_before(end);
    for (level, at) in open.iter().enumerate().rev() {
        match source.token(*at)? {
            Token::MapStart | Token::LeftBracket => {}
            Token::LeftParen => {
                let (function, method) = callee(source, *at)?;
                let inner = open.get(level + 1..).unwrap_or_default();
                let key = match inner {
                    [map] if source.token(*map)? == &Token::MapStart => {
                        let item = source.items(*map, end).pop();
                        item.and_then(|item| source.key(&item))
                    }
                    _ => None,
                };
                return Some(CallSite {
                    function,
                    method,
                    arguments: arguments(source, *at, end),
                    key: key.map(str::to_owned),
                    inside: !inner.is_empty(),
                    open_quote: match source.before(end) {
                        Some(Token::LexError(error))
                            if matches!(**error, LexError::UnterminatedString) =>
                        {
                            "\""
                        }
                        _ => "",
                    },
                });
            }
            _ => return None,
        }
    }
    None
}

/// Returns the syntax of the arguments between a parenthesis and `end`.
fn arguments(source: &SourceText, open: usize, end: usize) -> Vec<Option<ArgumentShape>> {
    let mut items = source.items(open, end);
    if items.is_empty() {
        items.push(end..end);
    }
    let shape = |item: Range<usize>| {
        let first = source.token(item.start).filter(|_| !item.is_empty())?;
        Some(match first {
            Token::MapStart => ArgumentShape::Map,
            Token::LeftBracket => ArgumentShape::List,
            // A text with operations has an unknown type: `"a".split(",")`.
            _ if item.len() > 1 => ArgumentShape::Any,
            Token::StringConstant(_)
            | Token::LexError(_)
            | Token::CharConstant(_)
            | Token::IntegerConstant(_)
            | Token::FloatConstant(_) => ArgumentShape::Literal,
            _ => ArgumentShape::Any,
        })
    };
    items.into_iter().map(shape).collect()
}

/// Returns the rest of each form that still fits, for example `path)` after `import("books", `, or the help of the
/// option whose value is being typed. Empty if there's nothing to show. The first one continues the typed text.
pub(super) fn rest(site: &CallSite, text: &str) -> Vec<String> {
    if let Some(key) = &site.key {
        let mut options = site.function.options.iter();
        let option = options.find(|option| option.matches(key));
        let gap = if text.ends_with(char::is_whitespace) {
            ""
        } else {
            " "
        };
        let help = option.map(|option| format!("{gap}{}", told(option)));
        return help.into_iter().collect();
    }
    if site.inside {
        return Vec::new();
    }
    let is_typed = site.arguments.last().is_some_and(Option::is_some);
    let from = site.arguments.len() - usize::from(!is_typed);
    let mut rests: Vec<String> = Vec::new();
    for form in fitting(site) {
        let rest = form.get(from..).unwrap_or_default().join(", ") + ")";
        if !rests.contains(&rest) {
            rests.push(rest);
        }
    }
    if let Some(first) = rests.first_mut() {
        let between = if is_typed && first != ")" { ", " } else { "" };
        *first = format!("{}{between}{first}", site.open_quote);
    }
    rests
}

/// Returns the whole forms that fit.
pub(super) fn forms(site: &CallSite) -> Vec<String> {
    let name = site.function.name;
    let forms = fitting(site).into_iter();
    forms
        .map(|form| format!("{name}({})", form.join(", ")))
        .collect()
}

/// Returns an option's help and default.
fn told(option: &Opt) -> String {
    match option.default {
        "" => format!("<{}>", option.help),
        default => format!("<{}; else {default}>", option.help),
    }
}

/// Returns the parameters of each form that fits the typed arguments.
fn fitting(site: &CallSite) -> Vec<Vec<String>> {
    let forms = site.function.forms.iter().map(|form| parameters(form));
    let forms = forms.map(|form| {
        // In a method call on anything but a connection, the value before the dot is the first argument.
        let skip = usize::from(site.method && !site.function.method);
        form.into_iter().skip(skip).collect::<Vec<_>>()
    });
    let typed: Vec<ArgumentShape> = site.arguments.iter().filter_map(|shape| *shape).collect();
    // A single empty argument fits a form without parameters.
    let least = match site.arguments.as_slice() {
        [None] => 0,
        begun => begun.len(),
    };
    let fits = forms.filter(|form| form.len() >= least).filter_map(|form| {
        let fits = typed.iter().zip(&form);
        let worst = fits.map(|(shape, parameter)| fit(*shape, parameter)).min();
        let worst = worst.unwrap_or(ParameterFit::Well);
        (worst != ParameterFit::Not).then_some((worst, form))
    });
    let fits: Vec<(ParameterFit, Vec<String>)> = fits.collect();
    let best = fits.iter().map(|(fit, _)| *fit).max();
    let kept = fits.into_iter().filter(|(fit, _)| Some(*fit) == best);
    kept.map(|(_, form)| form).collect()
}

/// Degree to which an argument fits a parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ParameterFit {
    Not,
    /// The parameter takes any argument.
    Loosely,
    Well,
}

fn fit(shape: ArgumentShape, parameter: &str) -> ParameterFit {
    let wants = match parameter.chars().next() {
        Some('#') => ArgumentShape::Map,
        Some('[') => ArgumentShape::List,
        _ => ArgumentShape::Any,
    };
    match (shape, wants) {
        (ArgumentShape::Any, _) | (ArgumentShape::Literal, ArgumentShape::Any) => {
            ParameterFit::Well
        }
        (shape, wants) if shape == wants => ParameterFit::Well,
        (_, ArgumentShape::Any) => ParameterFit::Loosely,
        _ => ParameterFit::Not,
    }
}

/// Returns the parameters of a form such as `import(collection, [path, …])`.
pub(super) fn parameters(form: &str) -> Vec<String> {
    let form = SourceText::read(form);
    let items = form.items(1, form.len()).into_iter();
    items
        .map(|item| form.tokens_text(item).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str) -> String {
        around(&SourceText::read(text), text.len())
            .map_or_else(String::new, |site| rest(&site, text).join("  or  "))
    }

    #[test]
    fn matching_forms_are_shown() {
        for (text, shown) in [
            (
                "import(",
                "collection, path)  or  collection, [path, …])  or  collection, path, #{…})  or  #{collection, url, …})",
            ),
            (
                "eu.import(\"b",
                "\", path)  or  [path, …])  or  path, #{…})",
            ),
            ("import(\"b\", ", "path)  or  [path, …])  or  path, #{…})"),
            ("import(\"b\", [\"x\"]", ")"),
            ("import(\"b\", \"x\"", ")  or  #{…})"),
            ("import(c, x, ", "#{…})"),
            ("import(\"b\", \"x\", #{}, ", ""),
            ("import(#{}", ")"),
            ("jobs(", ")  or  #{state, collection, since, limit})"),
            ("eu.progress(", "job)"),
            ("\"5s\".sleep(", ")"),
            (
                "jobs(#{limit:",
                " <maximum number of jobs, or \"all\"; else 100>",
            ),
            ("jobs(#{", ""),
            ("nothing(", ""),
        ] {
            assert_eq!(hint(text), shown, "{text}");
        }
    }

    #[test]
    fn complete_forms_have_their_name() {
        let text = "import(\"b\", [";
        let site = around(&SourceText::read(text), text.len()).expect("a call");
        assert_eq!(forms(&site), ["import(collection, [path, …])"]);
    }

    fn site(text: &str) -> Option<CallSite> {
        around(&SourceText::read(text), text.len())
    }

    #[test]
    fn the_innermost_zshell_call_is_found() {
        for (text, name, method) in [
            ("import(", "import", false),
            ("let j = eu.import(\"b\", ", "import", true),
            ("wait(import(", "import", false),
            ("wait(import(1, 2), ", "wait", false),
            ("import(#{collection: ", "import", false),
            ("`${ jobs(", "jobs", false),
        ] {
            let site = site(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((site.function.name, site.method), (name, method), "{text}");
        }
        for text in [
            "f(",
            "import",
            "wait(|x| { ",
            "fn wait(",
            "import()",
            "`import(",
        ] {
            assert!(site(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arguments_have_shapes() {
        use ArgumentShape::{Any, List, Literal, Map};
        for (text, shapes) in [
            ("import(", vec![None]),
            ("import(\"b\", ", vec![Some(Literal), None]),
            (
                "import(x, [1, 2], #{a",
                vec![Some(Any), Some(List), Some(Map)],
            ),
            ("import(\"a\" + b, \"c", vec![Some(Any), Some(Literal)]),
        ] {
            let site = site(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(site.arguments, shapes, "{text}");
        }
        assert_eq!(
            site("jobs(#{limit: 1, state: ")
                .and_then(|it| it.key)
                .as_deref(),
            Some("state")
        );
        assert_eq!(site("jobs(#{state: 1, ").and_then(|it| it.key), None);
    }
}
