//! The remaining parameters of a call: the forms that fit the typed arguments.

use super::call_site::{ArgumentShape, CallSite};
use crate::engine::registry::Opt;
use crate::engine::syntax::SourceText;

/// Returns the rest of each form that still fits, for example `path)` after `import("books", `, or the help of the
/// option whose value is being typed. Empty if there's nothing to show. The first one continues the typed text.
pub(super) fn rest(site: &CallSite, text: &str) -> Vec<String> {
    if let Some(key) = &site.key {
        let option = site
            .function
            .options
            .iter()
            .find(|option| option.matches(key));
        let help = option.map(|option| gap(text, &told(option)));
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

/// Returns a blank unless the text ends with one.
fn gap(text: &str, hint: &str) -> String {
    if text.ends_with(char::is_whitespace) {
        hint.to_owned()
    } else {
        format!(" {hint}")
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
        let fits = typed
            .iter()
            .zip(&form)
            .map(|(shape, parameter)| fit(*shape, parameter));
        let worst = fits.min().unwrap_or(ParameterFit::Well);
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
    let well = shape == wants
        || shape == ArgumentShape::Any
        || (shape, wants) == (ArgumentShape::Literal, ArgumentShape::Any);
    match wants {
        _ if well => ParameterFit::Well,
        ArgumentShape::Any => ParameterFit::Loosely,
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
    use super::SourceText;
    use super::{forms, rest};
    use crate::repl::call_site::around;

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
}
