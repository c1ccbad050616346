//! Dim hints after the cursor: the rest of an earlier statement, missing arguments of a call or command, and how to end
//! an incomplete statement. Only the first kind can be accepted into the line.

use super::commands;
use super::history::History;
use super::signature;
use crate::engine::highlight::LONGEST;
use crate::engine::syntax::{OpenConstruct, ParseState, is_command, parse_state};
use console::truncate_str;
use unicode_width::UnicodeWidthStr;

/// Minimum columns for a hint.
const LEAST: usize = 6;
/// Maximum columns of a screen on which a hint is a single form.
const NARROW: usize = 60;
/// After this many lines of an incomplete statement, hint how to cancel it.
const MANY_LINES: usize = 5;

/// A hint.
pub(super) struct Hint {
    shown: String,
    taken: Option<String>,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

/// The forms that the typed text may become.
struct HintForms {
    /// Directly after the cursor: the first one continues the typed text.
    rest: Vec<String>,
    /// Apart from the cursor: whole forms. Empty if there are none.
    whole: Vec<String>,
}

impl HintForms {
    fn of(rest: String) -> Self {
        Self {
            rest: vec![rest],
            whole: Vec::new(),
        }
    }
}

/// Finds hints.
#[derive(Default)]
pub(super) struct Hinter {
    pub(super) history: History,
    /// Width of the prompt in columns.
    pub(super) prompt: usize,
    /// True if colour distinguishes a hint from typed text.
    pub(super) color: bool,
    /// True if the terminal shows Unicode.
    pub(super) unicode: bool,
}

impl Hinter {
    /// Returns the hint for a line on a screen of this width.
    pub(super) fn hint(&self, line: &str, pos: usize, columns: usize) -> Option<Hint> {
        if pos < line.len() || line.len() > LONGEST || line.trim().is_empty() {
            return None;
        }
        let room = self.room(line, columns);
        if room < LEAST {
            return None;
        }
        let forms = if is_command(line) {
            arguments(line)
        } else {
            Self::forms(line)
        };
        let is_narrow = columns <= NARROW;
        if !self.color {
            // Without colour the hint needs another mark, and can't continue the typed text.
            let forms = forms?;
            let shown = if forms.whole.is_empty() {
                &forms.rest
            } else {
                &forms.whole
            };
            return Some(self.apart(shown, room, is_narrow));
        }
        let entry = self.history.continuing(line);
        let Some(rest) = entry.map(|entry| entry.split_at(line.len()).1.to_owned()) else {
            let shown = self.fit(&forms?.rest, room, is_narrow);
            return Some(Hint { shown, taken: None });
        };
        let first = rest.lines().next().unwrap_or_default();
        let more = if first.len() < rest.len() { " …" } else { "" };
        let mut shown = self.cut(&format!("{first}{more}"), room);
        let left = room.saturating_sub(shown.width() + 3);
        if let Some(forms) = forms.filter(|it| !is_narrow && self.fits(it.whole.first(), left)) {
            shown = format!("{shown}   {}", self.fit(&forms.whole, left, false));
        }
        Some(Hint {
            shown,
            taken: Some(rest),
        })
    }

    /// Returns a remark on the line as a hint.
    pub(super) fn note(&self, text: &str, line: &str, columns: usize) -> Option<Hint> {
        let room = self.room(line, columns);
        let texts = [format!("   {text}")];
        let hint = if self.color {
            Hint {
                shown: self.fit(&texts, room, true),
                taken: None,
            }
        } else {
            self.apart(&texts, room, true)
        };
        self.fits(texts.first(), room).then_some(hint)
    }

    /// Returns the forms of the call in a line of Rhai code.
    fn forms(line: &str) -> Option<HintForms> {
        let state = parse_state(line);
        if let Some(way_out) = way_out(line, &state) {
            return Some(HintForms::of(way_out));
        }
        if state.source.open().is_some() {
            return None;
        }
        let site = signature::around(&state.source, line.len())?;
        let rest = signature::rest(&site, line);
        let whole = if site.inside {
            Vec::new()
        } else {
            signature::forms(&site)
        };
        (!rest.is_empty()).then_some(HintForms { rest, whole })
    }

    /// Returns a hint that an arrow sets apart from the typed text.
    fn apart(&self, forms: &[String], room: usize, is_narrow: bool) -> Hint {
        const ARROW: &str = "  <- ";
        let forms: Vec<String> = forms.iter().map(|form| form.trim().to_owned()).collect();
        let room = room.saturating_sub(ARROW.len());
        let shown = format!("{ARROW}{}", self.fit(&forms, room, is_narrow));
        Hint { shown, taken: None }
    }

    /// Joins the forms that fit these columns as a whole. Of the first one, at least the beginning is shown. A narrow
    /// screen has one form.
    fn fit(&self, forms: &[String], room: usize, is_narrow: bool) -> String {
        const BETWEEN: &str = "  or  ";
        let mut forms = forms.iter().map(|form| self.readable(form));
        let mut shown = self.cut(&forms.next().unwrap_or_default(), room);
        let more = self.readable("  …");
        while let Some(form) = forms.next().filter(|_| !is_narrow) {
            let longer = format!("{shown}{BETWEEN}{form}");
            let reserved = if forms.len() == 0 { 0 } else { more.width() };
            if longer.width() + reserved > room {
                if shown.width() + more.width() <= room {
                    shown.push_str(&more);
                }
                break;
            }
            shown = longer;
        }
        shown
    }

    fn fits(&self, form: Option<&String>, room: usize) -> bool {
        form.is_some_and(|form| self.readable(form).width() <= room)
    }

    /// Returns a text as the terminal can show it.
    fn readable(&self, text: &str) -> String {
        if self.unicode {
            text.to_owned()
        } else {
            text.replace('…', "...")
        }
    }

    /// Returns the columns between the end of the line and the screen's edge. The last column stays free, because text
    /// in it would start a new line.
    fn room(&self, line: &str, columns: usize) -> usize {
        let last = line.rsplit('\n').next().unwrap_or_default();
        let is_first = last.len() == line.len();
        let before = self.prompt * usize::from(is_first);
        let used = (before + last.width()) % columns.max(1);
        columns.saturating_sub(used + 1)
    }

    /// Returns the beginning of a hint that fits these columns.
    fn cut(&self, hint: &str, room: usize) -> String {
        let (hint, dots) = (self.readable(hint), self.readable("…"));
        truncate_str(&hint, room, &dots).into_owned()
    }
}

/// Returns the remaining arguments of the typed command.
fn arguments(line: &str) -> Option<HintForms> {
    let typed = line.trim_start().strip_prefix(':')?;
    let command = commands::find(typed.trim_end()).ok()?;
    let gap = if typed.ends_with(' ') { "" } else { " " };
    let shown = format!("{gap}{}", command.arguments);
    (!command.arguments.is_empty()).then(|| HintForms::of(shown))
}

/// Returns how to cancel a statement that is long or got an empty line.
fn way_out(line: &str, state: &ParseState) -> Option<String> {
    let mut lines = line.rsplit('\n');
    let blank = |line: Option<&str>| line.is_some_and(|line| line.trim().is_empty());
    let count = line.split('\n').count();
    let at_blank_line = count > 1 && blank(lines.next());
    let asks = at_blank_line && (count >= MANY_LINES || (count > 2 && blank(lines.next())));
    if state.is_complete || !asks {
        return None;
    }
    let open = open_construct(line, state).unwrap_or_else(|| "not finished".to_owned());
    Some(format!(
        "{open}; Alt-Enter runs it as it is, Ctrl-C drops it"
    ))
}

/// Returns the open brackets and texts in words.
fn open_construct(line: &str, state: &ParseState) -> Option<String> {
    let source = &state.source;
    let (what, start) = match source.open() {
        Some(OpenConstruct::Comment) => ("a comment", source.comments().last()?.start),
        Some(OpenConstruct::Text) => ("a text", source.span(source.open_text()?).start),
        None => {
            let bracket = source.open_before(source.len()).pop()?;
            (source.slice(bracket), source.span(bracket).start)
        }
    };
    let number = 1 + line.get(..start)?.matches('\n').count();
    Some(format!("{what} of line {number} is open"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::hint::Hint as _;

    fn shown(entries: &[&str], line: &str, columns: usize) -> Option<(String, Option<String>)> {
        let history = History::default();
        for entry in entries {
            history.remember(entry).unwrap();
        }
        let hinter = Hinter {
            history,
            prompt: 8,
            color: true,
            unicode: true,
        };
        let hint = hinter.hint(line, line.len(), columns)?;
        Some((
            hint.display().to_owned(),
            hint.completion().map(str::to_owned),
        ))
    }

    #[test]
    fn hints_from_history_can_be_accepted_and_forms_cannot() {
        let (hint, taken) = shown(&["let x = 1;", "let y =\n2"], "let", 80).unwrap();
        assert_eq!(
            (hint.as_str(), taken.as_deref()),
            (" y = …", Some(" y =\n2"))
        );
        let (hint, taken) = shown(&[], "progress(", 80).unwrap();
        assert_eq!((hint.as_str(), taken), ("job)", None));
        let (hint, taken) = shown(&["progress(x)"], "progress(", 80).unwrap();
        assert_eq!(hint, "x)   progress(job)");
        assert_eq!(taken.as_deref(), Some("x)"));
        assert_eq!(shown(&[], "", 80), None);
    }

    #[test]
    fn hints_never_reach_the_edge() {
        for columns in [20, 21, 40, 200] {
            for line in ["import(", "let 日本 = import(", "f(\nimport(\"日本\", "] {
                let Some((hint, _)) = shown(&[], line, columns) else {
                    continue;
                };
                let last = line.rsplit('\n').next().unwrap();
                let before = if last == line { 8 } else { 0 };
                assert!(
                    (before + last.width()) % columns + hint.width() < columns,
                    "{columns} {hint}"
                );
            }
        }
    }

    #[test]
    fn commands_show_their_arguments() {
        let arguments = commands::find("help").unwrap().arguments;
        assert_eq!(shown(&[], ":help", 80).unwrap().0, format!(" {arguments}"));
        assert_eq!(shown(&[], ":help ", 80).unwrap().0, arguments);
        assert_eq!(shown(&[], ":help x", 80), None);
        assert_eq!(shown(&[], ":quit", 80), None);
    }

    #[test]
    fn an_open_statement_has_a_hint() {
        let hint = |line: &str| shown(&[], line, 200).map(|(hint, _)| hint);
        let told = "{ of line 1 is open; Alt-Enter runs it as it is, Ctrl-C drops it";
        assert_eq!(hint("fn f() {\n\n").as_deref(), Some(told));
        assert_eq!(hint("fn f() {\n    "), None);
        assert_eq!(hint("fn f() {\n1;\n2;\n3;\n    ").as_deref(), Some(told));
        assert!(
            hint("let t = `a\n\n")
                .unwrap()
                .starts_with("a text of line 1")
        );
    }
}
