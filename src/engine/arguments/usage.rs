//! `zshell run FILE --help`: the help of a script.

use super::declaration::{Declaration, Default, Param};
use super::find::FoundParams;
use super::param_type::ParamType;
use super::uses::ArgumentUses;
use crate::engine::options::plain;
use std::fmt::Write;

/// Returns the usage line. `how` is the call, for example `zshell run nightly.rhai`.
pub(crate) fn usage(how: &str, declaration: Option<&Declaration>, uses: ArgumentUses) -> String {
    let mut line = how.to_owned();
    let params = declaration.map_or(&[][..], |it| &it.params);
    for param in params.iter().filter(|it| it.is_required()) {
        let _ = write!(line, " {}", form(param));
    }
    if !params.iter().all(Param::is_required) {
        line.push_str(" [OPTIONS]");
    }
    if uses.args {
        line.push_str(" [ARG]...");
    }
    line
}

/// Returns a script's help: its leading comment, its usage, its parameters.
pub(crate) fn help(how: &str, text: &str, found: &FoundParams, uses: ArgumentUses) -> String {
    let mut help = leading_comment(text);
    if !help.is_empty() {
        help.push('\n');
    }
    let declaration = found.declaration();
    let _ = writeln!(help, "Usage: {}", usage(how, declaration, uses));
    if matches!(found, FoundParams::Unknown | FoundParams::Wrong(..)) {
        help.push_str(
            "\nWhich options it takes is only known when it runs: its params(…) is no map that is written out.\n",
        );
        return help;
    }
    let mut params = declaration.map_or_else(Vec::new, |it| it.params.clone());
    params.sort_by_key(|it| !it.is_required());
    let rows = params.iter().map(|it| (form(it), about(it)));
    let mut rows: Vec<(String, String)> = rows.collect();
    rows.push(("--help".to_owned(), "show this, and run nothing".to_owned()));
    let widths = rows.iter().map(|(form, _)| form.chars().count());
    let width = widths.max().unwrap_or(0);
    help.push_str("\nOptions:\n");
    for (form, about) in rows {
        let _ = writeln!(help, "{}", format!("  {form:<width$}  {about}").trim_end());
    }
    help
}

fn form(param: &Param) -> String {
    let option = param.option();
    match param.kind {
        Some(ParamType::Flag) => match &param.default {
            Default::Value(value) if value.as_bool() == Ok(true) => {
                format!("--[no-]{}", option.trim_start_matches('-'))
            }
            _ => option,
        },
        Some(kind) => format!("{option} <{kind}>"),
        None => format!("{option} <value>"),
    }
}

fn about(param: &Param) -> String {
    let mut about = vec![param.help.clone()];
    if !param.choices.is_empty() {
        let choices: Vec<String> = param.choices.iter().map(plain).collect();
        about.push(format!("[one of: {}]", choices.join(", ")));
    }
    match &param.default {
        Default::Required => about.push("[required]".to_owned()),
        Default::Computed => about.push("[default: computed at run time]".to_owned()),
        Default::Value(value) => {
            let empty = value.is_unit()
                || value.as_bool() == Ok(false)
                || value.as_array_ref().is_ok_and(|list| list.is_empty());
            if !empty {
                about.push(format!("[default: {}]", plain(value)));
            }
        }
    }
    if param.kind.and_then(ParamType::item).is_some() {
        about.push("[repeatable]".to_owned());
    }
    about.retain(|part| !part.is_empty());
    about.join(" ")
}

/// Returns the comment at the start of a script, after a `#!` line, without `//`.
fn leading_comment(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim);
    let lines = lines.skip_while(|line| line.starts_with("#!") || line.is_empty());
    let comment = lines.map_while(|line| line.strip_prefix("//"));
    let mut help = String::new();
    for line in comment {
        let line = line.trim_start_matches(['/', '!']);
        let _ = writeln!(help, "{}", line.strip_prefix(' ').unwrap_or(line));
    }
    help
}

#[cfg(test)]
mod tests {
    use super::leading_comment;

    #[test]
    fn the_leading_comment_ends_where_the_script_begins() {
        let text = "\u{feff}#!/usr/bin/env -S zshell run\n\n// One.\n//\n//   two\nlet x = 1; // no\n// no";
        assert_eq!(leading_comment(text), "One.\n\n  two\n");
        assert_eq!(leading_comment("let x = 1;\n// no"), "");
        assert_eq!(leading_comment(""), "");
    }
}
