//! The guide: Markdown pages that `help TOPIC` shows at the prompt and that are readable on GitHub.
//!
//! A page's first line names it: `# paths: where files may be`. The other parts of the program take their texts from the
//! pages too, so each fact has one source: the manual page uses [`Page::table`].

/// A page of the guide.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The file's name without `.md`.
    pub name: &'static str,
    /// The Markdown text.
    pub text: &'static str,
}

/// A command of the prompt, as help shows it.
#[derive(Clone, Copy, Debug)]
pub struct CommandHelp {
    /// The name without the colon.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// The arguments as documented, for example `[FUNCTION]`.
    pub arguments: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// An example that works as typed.
    pub example: &'static str,
}

impl CommandHelp {
    /// Returns the form as it's typed.
    pub fn form(&self) -> String {
        let form = format!(":{} {}", self.name, self.arguments);
        form.trim_end().to_owned()
    }
}

/// Lists pages by file name, in the order of `help()`.
macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        &[$(Page { name: $name, text: include_str!(concat!($name, ".md")) }),*]
    };
}

/// All pages, in the order of `help()`.
pub const PAGES: &[Page] = pages![
    "language",
    "prompt",
    "scripts",
    "commands",
    "output",
    "settings",
    "errors",
    "connections",
    "profiles",
    "paths",
    "formats",
    "checking",
    "uploading",
    "states",
    "batches",
    "journal",
    "local",
    "filters",
    "environment",
    "reference",
];

/// Returns the page with this name.
pub(crate) fn find(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.name == name)
}

impl Page {
    /// Returns the summary: the first line after `# NAME: `.
    pub fn summary(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(first, |(_, summary)| summary)
    }

    /// Returns the rows of the table whose first column has this heading, without Markdown's back-ticks. Without such a
    /// table the result is empty.
    pub fn table(&self, heading: &str) -> Vec<Vec<String>> {
        let start = format!("| {heading} |");
        let lines = self
            .text
            .lines()
            .skip_while(|line| !line.starts_with(&start));
        let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
        rows.map(|row| {
            let cells = row.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGES, find};

    #[test]
    fn every_page_begins_with_its_name_and_summary() {
        for page in PAGES {
            let title = format!("# {}: {}\n\n", page.name, page.summary());
            assert!(page.text.starts_with(&title), "{}", page.name);
            assert!(page.summary().len() <= 72, "{}", page.summary());
        }
    }

    #[test]
    fn a_table_is_found_by_its_first_heading() {
        let codes = find("errors").map(|page| page.table("exit code"));
        let codes = codes.unwrap_or_default();
        assert_eq!(
            codes.first(),
            Some(&vec!["0".to_owned(), "done".to_owned()])
        );
        assert!(codes.len() > 10, "{codes:?}");
        let none = find("errors").map(|page| page.table("no such heading"));
        assert_eq!(none, Some(Vec::new()));
    }
}
