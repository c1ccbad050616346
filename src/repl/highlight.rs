//! Highlighting of the typed line: a statement, or a command with its name in bold.

use super::commands;
use crate::engine::highlight::{KNOWN, code, push};
use crate::engine::syntax::is_command;

/// Returns the line with colours. `cursor` is `None` after Enter.
pub(super) fn highlight(line: &str, cursor: Option<usize>) -> String {
    if is_command(line) {
        command(line)
    } else {
        code(line, cursor)
    }
}

fn command(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let (blanks, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let (name, arguments) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    let known = name
        .strip_prefix(':')
        .is_some_and(|name| commands::find(name).is_ok());
    let mut painted = blanks.to_owned();
    push(&mut painted, known.then_some(KNOWN), name);
    painted.push_str(arguments);
    painted
}

#[cfg(test)]
mod tests {
    use super::highlight;

    /// Sequences as `<1m` and `>`.
    fn shown(line: &str) -> String {
        highlight(line, None)
            .replace("\x1b[0m", ">")
            .replace("\x1b[", "<")
    }

    #[test]
    fn names_we_know_are_bold() {
        assert_eq!(shown("import(x)"), "<1mimport>(x)");
        assert_eq!(shown("a.import (x)"), "a.<1mimport> (x)");
        assert_eq!(shown("imprt(x)"), "imprt(x)");
        assert_eq!(shown("jobs()"), "<1mjobs>()");
        assert_eq!(shown("jobs"), "jobs", "a variable may be called so");
        assert_eq!(
            shown("jobs(#{state: 1, stat: 2})"),
            "<1mjobs>(#{<1mstate>: <36m1>, stat: <36m2>})"
        );
        assert_eq!(shown("#{state: a}"), "#{state: a}");
        assert_eq!(
            shown("import \"x\" as y;"),
            "<35mimport> <32m\"x\"> <35mas> y;"
        );
        assert_eq!(shown(" :help import"), " <1m:help> import");
        assert_eq!(shown(":hlp"), ":hlp");
    }

    #[test]
    fn texts_hold_code() {
        assert_eq!(
            shown("let s = `a ${ f(\"b\") } c`; // d"),
            "<35mlet> s = <32m`a $>{ f(<32m\"b\">) }<32m c`>; <2m// d>"
        );
        assert_eq!(shown("`a\nb`"), "<32m`a>\n<32mb`>");
        assert_eq!(shown("\"open"), "<32m\"open>");
    }

    #[test]
    fn a_broken_place_is_marked_once_it_cannot_be_mended() {
        assert_eq!(shown("f(1))"), "f(<36m1>)<4;31m)>");
        assert_eq!(shown("1 2 "), "<36m1> <4;31m2> ");
        assert_eq!(shown("1 2"), "<36m1> <36m2>", "it may become a word");
        assert_eq!(shown("let x = \"a\nb"), "<35mlet> x = <4;31m\"a>\nb");
        assert_eq!(shown("f(1"), "f(<36m1>");
        assert_eq!(shown("let go = 1;"), "<35mlet> <4;31mgo> = <36m1>;");
    }

    #[test]
    fn partners_are_lit_at_the_cursor_alone() {
        let lit = highlight("f(1)", Some(1));
        assert_eq!(lit.matches("\x1b[1;4m").count(), 2);
        assert!(!highlight("f(1)", Some(0)).contains("1;4"));
    }
}
