//! Highlighting of the typed line: a statement, or a command with its name in bold.

use super::commands;
use crate::engine::highlight::{self, KNOWN, code, push};
use crate::engine::syntax::is_command;
use std::ops::Range;

/// Returns the line with colours. `cursor` is `None` after Enter.
pub(super) fn highlight(line: &str, cursor: Option<usize>) -> String {
    if is_command(line) {
        command(line, cursor)
    } else {
        code(line, cursor)
    }
}

/// Returns the spans of the brackets that the cursor highlights, counted from the start of the statement.
pub(super) fn partners(line: &str, pos: usize) -> Option<[Range<usize>; 2]> {
    let start = commands::statement(line);
    let statement = line.get(start..)?;
    if is_command(statement) {
        return None;
    }
    highlight::partners(statement, pos.checked_sub(start)?)
}

/// Returns a command with its statement, if it runs one, in colours.
fn command(line: &str, cursor: Option<usize>) -> String {
    let start = match commands::statement(line) {
        0 => line.len(),
        start => start,
    };
    let (line, statement) = line.split_at(start);
    // A command takes no other command.
    let statement = if is_command(statement) {
        statement.to_owned()
    } else {
        code(statement, cursor.and_then(|pos| pos.checked_sub(start)))
    };
    let (blanks, rest) = line.split_at(line.len() - line.trim_start().len());
    let (name, arguments) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    let known = name
        .strip_prefix(':')
        .is_some_and(|name| commands::find(name).is_ok());
    let mut painted = blanks.to_owned();
    push(&mut painted, known.then_some(KNOWN), name);
    painted.push_str(arguments);
    painted.push_str(&statement);
    painted
}

#[cfg(test)]
mod tests {
    use super::highlight;

    /// Replaces escape sequences by `<1m` and `>`.
    fn shown(line: &str) -> String {
        highlight(line, None)
            .replace("\x1b[0m", ">")
            .replace("\x1b[", "<")
    }

    #[test]
    fn known_names_are_bold() {
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
    fn the_statement_of_a_command_is_code() {
        assert_eq!(shown(":watch 5s jobs()"), "<1m:watch> 5s <1mjobs>()");
        assert_eq!(shown(":time let x = 1"), "<1m:time> <35mlet> x = <36m1>");
        assert_eq!(shown(":time :time 1"), "<1m:time> :time 1");
        let line = ":time f(1)";
        let lit = highlight(line, Some(7));
        assert_eq!(lit.matches("\x1b[1;4m").count(), 2, "{lit}");
        assert!(super::partners(line, 7).is_some());
    }

    #[test]
    fn code_inside_texts_is_highlighted() {
        assert_eq!(
            shown("let s = `a ${ f(\"b\") } c`; // d"),
            "<35mlet> s = <32m`a >${ f(<32m\"b\">) }<32m c`>; <2m// d>"
        );
        assert_eq!(shown("`a\nb`"), "<32m`a>\n<32mb`>");
        assert_eq!(shown("\"open"), "<32m\"open>");
    }

    #[test]
    fn a_syntax_error_is_marked_once_it_is_certain() {
        assert_eq!(shown("f(1))"), "f(<36m1>)<4;31m)>");
        assert_eq!(shown("1 2 "), "<36m1> <4;31m2> ");
        assert_eq!(shown("1 2"), "<36m1> <36m2>", "it may become a word");
        assert_eq!(shown("let x = \"a\nb"), "<35mlet> x = <4;31m\"a>\nb");
        assert_eq!(shown("f(1"), "f(<36m1>");
        assert_eq!(shown("let go = 1;"), "<35mlet> <4;31mgo> = <36m1>;");
    }

    #[test]
    fn matching_brackets_are_highlighted_only_at_the_cursor() {
        let lit = highlight("f(1)", Some(1));
        assert_eq!(lit.matches("\x1b[1;4m").count(), 2);
        assert!(!highlight("f(1)", Some(0)).contains("1;4"));
    }
}
