//! Where a word occurs in the help: names, options, descriptions, and the guide's text.

use super::fold::laid_out;
use super::overview::{form, push};
use super::unknown;
use crate::engine::describe::{Opt, Takes};
use crate::engine::registry::{self, VARIABLES};
use crate::engine::types::{TYPES, methods};
use crate::error::Failure;
use crate::guide::{CommandHelp, PAGES, Page};
use crate::render::Screen;
use crate::text::words;

/// The page whose tables repeat the descriptions of functions and types.
const REFERENCE: &str = "reference";

/// A described thing.
struct HelpEntry {
    /// The form or path as it's typed.
    form: String,
    /// The description that's shown.
    help: String,
    /// Other spellings and values, which are searched too.
    more: String,
}

impl HelpEntry {
    fn new(form: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            form: form.into(),
            help: help.into(),
            more: String::new(),
        }
    }
}

/// The words of a search, each of which must occur.
struct SearchWords {
    words: Vec<String>,
    /// True to find words also inside of other words.
    inside: bool,
}

impl SearchWords {
    fn new(text: &str, inside: bool) -> Self {
        let words = text.split_whitespace().map(normal);
        let words = words.map(|word| {
            if inside {
                word.trim_start().to_owned()
            } else {
                word
            }
        });
        Self {
            words: words.filter(|word| !word.trim().is_empty()).collect(),
            inside,
        }
    }

    fn occur_in(&self, text: &str) -> bool {
        // `NumPy` is found as `numpy` too.
        let text = format!("{}{}", normal(text), normal(&text.to_lowercase()));
        !self.words.is_empty() && self.words.iter().all(|word| text.contains(word))
    }

    fn occur_in_entry(&self, entry: &HelpEntry) -> bool {
        self.occur_in(&format!("{} {} {}", entry.form, entry.help, entry.more))
    }
}

/// Returns the words of a text in lower case, each after a blank. `key_prefix`, `key-prefix` and `keyPrefix` are equal.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for letter in text.chars() {
        let is_part = letter.is_alphanumeric();
        let begins = !before.is_alphanumeric() || before.is_lowercase() && letter.is_uppercase();
        if is_part && begins {
            normal.push(' ');
        }
        if is_part {
            normal.extend(letter.to_lowercase());
        }
        before = letter;
    }
    normal
}

/// Returns the places where all these words occur, also in the descriptions of shell commands.
pub(crate) fn find(
    text: &str,
    commands: &[CommandHelp],
    shell: &[(String, String)],
    screen: &Screen,
) -> Result<String, Failure> {
    for inside in [false, true] {
        let places = places(&SearchWords::new(text, inside), commands, shell);
        if !places.is_empty() {
            let title = format!("help on {}\n{places}", words::quote(text));
            return Ok(laid_out(&title, screen));
        }
    }
    Err(unknown(text, commands))
}

/// Returns the groups of entries in which the words occur.
fn places(words: &SearchWords, commands: &[CommandHelp], shell: &[(String, String)]) -> String {
    let mut text = String::new();
    let commands = commands.iter().map(|it| HelpEntry::new(it.form(), it.help));
    let shell = shell.iter().map(|(form, help)| HelpEntry::new(form, help));
    let topics = PAGES.iter().filter_map(|page| topic(page, words));
    let of_rhai = of_rhai().filter(|it| words.occur_in(&it.form) && !words.inside);
    let groups: [(&str, Vec<HelpEntry>); 7] = [
        ("functions", functions()),
        ("options", options()),
        ("values", values()),
        ("commands", commands.collect()),
        ("shell commands", shell.collect()),
        ("topics", topics.collect()),
        ("the language Rhai", of_rhai.collect()),
    ];
    for (title, mut found) in groups {
        found.retain(|entry| title == "topics" || words.occur_in_entry(entry));
        // Matches in names come first.
        found.sort_by_key(|entry| !words.occur_in(&entry.form));
        push(
            &mut text,
            title,
            found.into_iter().map(|it| (it.form, it.help)),
        );
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{}", text.trim_start())
}

fn functions() -> Vec<HelpEntry> {
    let entries = registry::functions().map(|it| HelpEntry {
        more: it.forms.join(" "),
        ..HelpEntry::new(form(it.name, it.arity.1), it.help)
    });
    entries.collect()
}

/// Returns the options of all functions. An option that occurs several times with one description is one entry.
fn options() -> Vec<HelpEntry> {
    let mut entries: Vec<(HelpEntry, Vec<&str>)> = Vec::new();
    for function in registry::functions() {
        add_options(&mut entries, function.name, function.options);
    }
    let named = entries.into_iter().map(|(entry, functions)| HelpEntry {
        help: format!("{}: {}", functions.join(", "), entry.help),
        ..entry
    });
    named.collect()
}

fn add_options(entries: &mut Vec<(HelpEntry, Vec<&str>)>, function: &'static str, options: &[Opt]) {
    for option in options {
        let known = entries
            .iter_mut()
            .find(|(entry, _)| entry.form == option.name && entry.help == option.help);
        match known {
            Some((_, functions)) if functions.contains(&function) => {}
            Some((_, functions)) => functions.push(function),
            None => {
                let values = match option.takes {
                    Takes::Words(words) => words.join(" "),
                    _ => String::new(),
                };
                let entry = HelpEntry {
                    more: format!("{} {values}", option.aliases.join(" ")),
                    ..HelpEntry::new(option.name, option.help)
                };
                entries.push((entry, vec![function]));
            }
        }
        if let Takes::Keys(inner) = option.takes {
            add_options(entries, function, inner);
        }
    }
}

/// Returns variables, types and getters.
fn values() -> Vec<HelpEntry> {
    let variables = VARIABLES
        .iter()
        .map(|(name, help)| HelpEntry::new(*name, *help));
    let types = TYPES.iter().flat_map(|it| {
        let keys = it.properties.iter();
        let keys = keys.map(|key| HelpEntry::new(format!("{}.{}", it.name, key.name), key.help));
        std::iter::once(HelpEntry::new(it.name, it.help)).chain(keys)
    });
    variables.chain(types).collect()
}

/// Returns Rhai's functions, methods and keywords.
fn of_rhai() -> impl Iterator<Item = HelpEntry> {
    let words = methods::FUNCTIONS.iter().chain(methods::KEYWORDS);
    let words = words.map(|(name, help)| HelpEntry::new(*name, *help));
    let methods = methods::ALL.into_iter().flat_map(|(owner, methods)| {
        let entry = move |(name, help): &(&str, &str)| {
            HelpEntry::new(*name, format!("method of {owner}: {help}"))
        };
        methods.iter().map(entry)
    });
    words.chain(methods)
}

/// Returns a page of the guide if the words occur in its summary or text, with the first sentence or row that has them.
fn topic(page: &'static Page, words: &SearchWords) -> Option<HelpEntry> {
    if page.name == REFERENCE {
        return None;
    }
    if words.occur_in(&format!("{} {}", page.name, page.summary())) {
        return Some(HelpEntry::new(page.name, page.summary()));
    }
    let found = sentences(page.text).into_iter();
    let mut found = found.filter(|text| words.occur_in(text));
    let first = found.next()?;
    let more = match found.count() {
        0 => String::new(),
        count => format!(" (and {})", words::count(count as u64, "more place")),
    };
    Some(HelpEntry::new(page.name, format!("{first}{more}")))
}

/// Returns the sentences, table rows and lines of code of a Markdown text, without marks.
fn sentences(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_code = false;
    for line in text.lines().skip(1) {
        is_code ^= line.starts_with("```");
        let begins = is_code || line.starts_with(['|', '-', '#', '`']) || line.trim().is_empty();
        match parts.last_mut().filter(|_| !begins) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => parts.push(line.to_owned()),
        }
    }
    let sentences = parts.iter().flat_map(|part| part.split_inclusive(". "));
    sentences.map(without_marks).collect()
}

/// Returns text without the marks of Markdown; of a link, only its text.
fn without_marks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let open = before.rfind('[').unwrap_or(before.len());
        let (before, label) = before.split_at(open);
        plain.push_str(before);
        plain.push_str(label.trim_start_matches('['));
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    let plain = plain
        .replace(['`', '#'], "")
        .replace("**", "")
        .replace('|', " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").trim_start_matches("- ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Screen, find, normal, sentences};

    #[test]
    fn sentences_contain_no_markup() {
        let text = "# x: y\n\nOne `a`\ntwo. See [b](b.md), c.\n\n| d | `e` |\n- **f**\n";
        let found = sentences(text).into_iter();
        let found: Vec<String> = found.filter(|it| !it.is_empty()).collect();
        assert_eq!(found, ["One a two.", "See b, c.", "d e", "f"]);
    }

    #[test]
    fn spellings_of_a_name_are_equal() {
        for text in ["key_prefix", "key-prefix", "keyPrefix", "Key prefix"] {
            assert_eq!(normal(text), " key prefix");
        }
    }

    #[test]
    fn a_word_is_found_wherever_it_occurs() {
        for (word, places) in [
            (
                "filter",
                &["query(…)", "  filter  ", "method of arrays", "filters"][..],
            ),
            ("vector", &["search(…)", "create_collection", "formats"]),
            ("key_prefix", &["import_all: start of", "submissions(…)"]),
            ("collection_name", &["collection"]),
            ("print", &["print(value)", "show(…)"]),
            ("numpy null", &["formats"]),
        ] {
            let text = find(word, &[], &[], &Screen::plain()).unwrap_or_default();
            for place in places {
                assert!(text.contains(place), "{place} in\n{text}");
            }
        }
        let error = find("fitler", &[], &[], &Screen::plain());
        let hint = error.err().and_then(|it| it.hint).unwrap_or_default();
        assert!(hint.contains("filter"), "{hint}");
    }
}
