//! Completion of file paths inside quotes.

use super::offer::{Offer, inside_quotes};
use crate::location::Format;
use crate::text::words;
use std::path::Path;

/// Maximum number of folder entries that are read.
const ENTRIES: usize = 5_000;

/// The files that are listed first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FileOrder {
    /// No preference: sorted by name.
    Any,
    /// Importable files, then folders.
    Data,
    /// Scripts without their extension.
    Scripts,
}

/// Returns the files and folders whose path starts with the typed text. `keeps_home` is true if the receiver
/// understands `~/`.
pub(super) fn files(
    typed: &str,
    quote: Option<char>,
    first: FileOrder,
    keeps_home: bool,
) -> Vec<Offer> {
    let typed = unescaped(typed, quote);
    let typed = typed
        .strip_prefix('"')
        .filter(|_| quote.is_none())
        .unwrap_or(&typed);
    if typed.contains("://") {
        return Vec::new();
    }
    let (folder, begin) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
    let place = match folder.strip_prefix("~/").zip(dirs::home_dir()) {
        Some((inner, home)) => home.join(inner),
        None => Path::new(".").join(folder),
    };
    let shown = match folder.strip_prefix("~/") {
        Some(_) if !keeps_home => format!("{}/", place.display().to_string().trim_end_matches('/')),
        _ => folder.to_owned(),
    };
    let entries = std::fs::read_dir(&place).into_iter().flatten().flatten();
    let found = entries.take(ENTRIES).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        // A link counts as its target.
        let about = std::fs::metadata(entry.path()).ok()?;
        let is_hidden = name.starts_with('.') && !begin.starts_with('.');
        if is_hidden || name.contains(char::is_control) {
            return None;
        }
        let rank = rank(&name, about.is_dir(), first)?;
        let (label, help) = match first {
            _ if about.is_dir() => (format!("{name}/"), "folder".to_owned()),
            FileOrder::Scripts => (name.trim_end_matches(".rhai").to_owned(), String::new()),
            _ => (name.clone(), words::bytes(about.len())),
        };
        let offer = Offer::new(format!("{shown}{label}"), help);
        let mut offer = offer.labelled(label.as_str()).quoted(quote)?;
        if about.is_dir() {
            // A folder's content is completed next.
            offer.suffix = "";
            if quote.is_none() {
                offer.text = format!("\"{}", inside_quotes(&offer.name));
            }
        }
        // Compared with the typed text, including quotes and escapes.
        let path = format!("{folder}{label}");
        offer.name = if quote == Some('`') {
            path
        } else {
            inside_quotes(&path)
        };
        Some((rank, name, offer))
    });
    let mut found: Vec<(u8, String, Offer)> = found.collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().map(|(_, _, offer)| offer).collect()
}

/// Returns an entry's rank in the list, or `None` if it isn't listed.
fn rank(name: &str, is_folder: bool, first: FileOrder) -> Option<u8> {
    let path = Path::new(name);
    match first {
        FileOrder::Any => Some(0),
        FileOrder::Data | FileOrder::Scripts if is_folder => Some(1),
        FileOrder::Data if Format::of_path(path).is_some() => Some(0),
        FileOrder::Data => Some(2),
        FileOrder::Scripts => path.extension().is_some_and(|it| it == "rhai").then_some(0),
    }
}

/// Returns the typed text with its escapes resolved.
fn unescaped(typed: &str, quote: Option<char>) -> String {
    if quote == Some('`') {
        return typed.to_owned();
    }
    let mut text = String::with_capacity(typed.len());
    let mut letters = typed.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importable_files_come_first_and_folders_end_with_a_slash() {
        let home = tempfile::tempdir().expect("a folder");
        for name in [
            "b.json",
            "a.txt",
            "c\"d.csv",
            ".hidden.json",
            "tool.rhai",
            "z.gz",
            "e.jsonl.gz",
        ] {
            std::fs::write(home.path().join(name), "12345").expect("a file");
        }
        std::fs::create_dir(home.path().join("more")).expect("a folder");
        let folder = format!("{}/", home.path().display());
        let texts = |typed: &str, quote, first| -> Vec<String> {
            files(&format!("{folder}{typed}"), quote, first, true)
                .into_iter()
                .map(|offer| format!("{}{}", offer.text, offer.suffix).replace(&folder, ""))
                .collect()
        };
        assert_eq!(
            texts("", Some('"'), FileOrder::Data),
            [
                "b.json\"",
                "c\\\"d.csv\"",
                "more/",
                "a.txt\"",
                "e.jsonl.gz\"",
                "tool.rhai\"",
                "z.gz\""
            ]
        );
        assert_eq!(
            texts("", Some('`'), FileOrder::Any),
            [
                "a.txt`",
                "b.json`",
                "c\"d.csv`",
                "e.jsonl.gz`",
                "more/",
                "tool.rhai`",
                "z.gz`"
            ]
        );
        assert_eq!(
            texts("", Some('"'), FileOrder::Scripts),
            ["tool\"", "more/"]
        );
        assert_eq!(texts(".h", Some('"'), FileOrder::Data)[0], ".hidden.json\"");
        assert!(texts("nothing/such", Some('"'), FileOrder::Data).is_empty());
        assert!(files("s3://b", Some('"'), FileOrder::Data, true).is_empty());
    }
}
