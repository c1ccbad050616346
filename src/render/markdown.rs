//! Markdown as plain text for a screen: the guide's pages.
//!
//! Headings, paragraphs, lists, code blocks and tables are laid out; anything else is shown as its text. On a terminal,
//! text is wrapped to the width. Elsewhere the lines of the source stay as they are.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::style::{Screen, Tone};

/// Maximum width of text, in columns. Longer lines are hard to read.
const LONGEST_LINE: usize = 100;

/// Minimum width of a table's column, in columns.
const NARROWEST_COLUMN: usize = 12;

/// Indentation of code blocks and list items, in columns.
const INDENT: usize = 2;

/// Returns the text of a Markdown page, each line ended by a newline.
pub(crate) fn markdown(text: &str, screen: &Screen) -> String {
    let mut page = PageWriter {
        screen: screen.clone(),
        ..PageWriter::default()
    };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.event(event);
    }
    page.text
}

/// A word or line break of a paragraph.
enum MarkdownWord {
    /// Text without blanks, and its width in columns.
    Text(String, usize),
    /// The end of a line in the source.
    Break,
}

/// The page while it's built.
#[derive(Default)]
struct PageWriter {
    screen: Screen,
    text: String,
    /// The words of the current paragraph, heading or list item.
    words: Vec<MarkdownWord>,
    /// True if the next text continues the last word.
    joined: bool,
    tone: Tone,
    /// One entry per open list: the next number, or `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The mark of the list item that's about to be written.
    mark: Option<String>,
    code: Option<String>,
    table: Option<MarkdownTable>,
}

/// A table while it's read.
#[derive(Default)]
struct MarkdownTable {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    cell: String,
    row: Vec<String>,
}

impl PageWriter {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(end) => self.end(end),
            Event::Text(text) => self.plain(&text),
            Event::Code(text) => self.inline(&text, Tone::Busy),
            Event::SoftBreak | Event::HardBreak => {
                self.words.push(MarkdownWord::Break);
                self.joined = false;
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.gap(*level != HeadingLevel::H1);
                self.tone = Tone::Strong;
            }
            Tag::Strong => self.tone = Tone::Strong,
            Tag::Paragraph => self.gap(self.mark.is_none()),
            Tag::List(first) => {
                // The text of an item ends where a nested list begins.
                self.paragraph();
                self.gap(self.lists.is_empty());
                self.lists.push(*first);
            }
            Tag::Item => self.mark = Some(self.next_mark()),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.gap(true);
                self.code = Some(String::new());
            }
            Tag::Table(_) => {
                self.gap(true);
                self.table = Some(MarkdownTable::default());
            }
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Heading(_) => {
                self.paragraph();
                self.tone = Tone::Plain;
            }
            TagEnd::Strong => self.tone = Tone::Plain,
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let indent = " ".repeat(INDENT * (self.lists.len() + 1));
                for line in code.lines() {
                    self.text.push_str(format!("{indent}{line}").trim_end());
                    self.text.push('\n');
                }
            }
            TagEnd::TableCell | TagEnd::TableHead | TagEnd::TableRow | TagEnd::Table => {
                self.end_of_table(end);
            }
            _ => {}
        }
    }

    fn end_of_table(&mut self, end: TagEnd) {
        let Some(table) = &mut self.table else {
            return;
        };
        match end {
            TagEnd::TableCell => table.row.push(std::mem::take(&mut table.cell)),
            TagEnd::TableHead => table.head = std::mem::take(&mut table.row),
            TagEnd::TableRow => table.rows.push(std::mem::take(&mut table.row)),
            _ => {
                let text = table.lay_out(&self.screen);
                self.text.push_str(&text);
                self.table = None;
            }
        }
    }

    /// Ends the last block with an empty line, except at the beginning.
    fn gap(&mut self, wanted: bool) {
        if wanted && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        }
    }

    fn plain(&mut self, text: &str) {
        match &mut self.code {
            Some(code) => code.push_str(text),
            None => self.inline(text, self.tone),
        }
    }

    /// Adds text to the open cell or paragraph.
    fn inline(&mut self, text: &str, tone: Tone) {
        if let Some(table) = &mut self.table {
            table.cell.push_str(text);
            return;
        }
        for (index, word) in text.split(' ').enumerate() {
            self.joined &= index == 0;
            if word.is_empty() {
                continue;
            }
            let painted = self.screen.paint(tone, word);
            let width = console::measure_text_width(word);
            match self.words.last_mut() {
                Some(MarkdownWord::Text(last, columns)) if self.joined => {
                    last.push_str(&painted);
                    *columns += width;
                }
                _ => self.words.push(MarkdownWord::Text(painted, width)),
            }
            self.joined = true;
        }
        self.joined &= !text.ends_with(' ');
    }

    /// Writes the collected words as lines, below the mark of their list item.
    fn paragraph(&mut self) {
        self.joined = false;
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let outer = " ".repeat(INDENT * self.lists.len().saturating_sub(1));
        let mark = self.mark.take();
        let indent = match (&mark, self.lists.is_empty()) {
            (Some(mark), _) => " ".repeat(outer.len() + mark.len()),
            (None, true) => String::new(),
            (None, false) => format!("{outer}{}", " ".repeat(INDENT)),
        };
        let room = self.screen.width.map(|width| {
            let width = width.min(LONGEST_LINE);
            width.saturating_sub(indent.len())
        });
        for (index, line) in lines(words, room).iter().enumerate() {
            match &mark {
                Some(mark) if index == 0 => self.text.extend([outer.as_str(), mark]),
                _ => self.text.push_str(&indent),
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }
}

/// Returns the words in lines of at most `room` columns, or in the lines of the source if there's no limit.
fn lines(words: Vec<MarkdownWord>, room: Option<usize>) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words {
        let (word, columns) = match word {
            MarkdownWord::Text(word, columns) => (word, columns),
            MarkdownWord::Break => {
                if room.is_none() {
                    lines.push(String::new());
                    used = 0;
                }
                continue;
            }
        };
        if used > 0 && room.is_some_and(|room| used + 1 + columns > room) {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += columns;
    }
    lines
}

impl MarkdownTable {
    fn lay_out(&self, screen: &Screen) -> String {
        let columns = self.head.iter();
        let columns =
            columns.map(|name| GridColumn::new(name, ESSENTIAL).wrapping(NARROWEST_COLUMN));
        let mut grid = Grid::new(columns.collect());
        for row in &self.rows {
            grid.push(row.iter().map(|cell| Cell::text(cell)).collect());
        }
        grid.lay_out(screen)
    }
}

#[cfg(test)]
mod tests {
    use super::{Screen, markdown};

    const PAGE: &str = "# paths: where files may be\n\nA `path` names a [file](x.md) or\na folder.\n\n## Two\n\n- one two three four\n- five\n\n1. first\n2. second\n\n```sh\nzshell  -p local\n```\n\n| store | form |\n| --- | --- |\n| S3 | `s3://bucket` |\n";

    #[test]
    fn a_pipe_gets_the_lines_of_the_source() {
        let expected = "paths: where files may be\n\nA path names a file or\na folder.\n\nTwo\n\n- one two three four\n- five\n\n1. first\n2. second\n\n  zshell  -p local\n\nstore  form\nS3     s3://bucket\n";
        assert_eq!(markdown(PAGE, &Screen::plain()), expected);
    }

    #[test]
    fn a_terminal_gets_wrapped_text_and_boxes() {
        let text = markdown(PAGE, &Screen::terminal(16, 24));
        for part in [
            "A path names a\nfile or a\nfolder.\n",
            "- one two three\n  four\n- five\n",
            "  zshell  -p local\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        let wide = markdown(PAGE, &Screen::terminal(80, 24));
        assert!(wide.contains("│ S3    │ s3://bucket │"), "{wide}");
    }

    #[test]
    fn words_are_styled_one_by_one() {
        let mut screen = Screen::terminal(80, 24);
        screen.color = true;
        let text = markdown("a `b c`, **d**", &screen);
        assert_eq!(
            text,
            "a \u{1b}[36mb\u{1b}[0m \u{1b}[36mc\u{1b}[0m, \u{1b}[1md\u{1b}[0m\n"
        );
    }
}
