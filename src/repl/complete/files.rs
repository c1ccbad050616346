//! Completion of file paths inside quotes.

use super::offer::{Offer, inside_quotes};
use crate::location::Format;
use crate::text::words;
use std::ffi::OsStr;
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
    let mut found: Vec<(u8, String, Offer)> = entries(&place)
        .filter(|entry| !entry.name.starts_with('.') || begin.starts_with('.'))
        .filter_map(|entry| {
            let rank = entry.rank(first)?;
            let offer = entry.offer(folder, &shown, quote, first)?;
            Some((rank, entry.name, offer))
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().map(|(_, _, offer)| offer).collect()
}

struct FolderEntry {
    name: String,
    is_folder: bool,
    bytes: u64,
}

/// Returns the folder's entries whose names can be typed.
fn entries(folder: &Path) -> impl Iterator<Item = FolderEntry> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    read.take(ENTRIES).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        // A link counts as its target.
        let about = std::fs::metadata(entry.path()).ok()?;
        let speakable = !name.contains(char::is_control);
        speakable.then_some(FolderEntry {
            name,
            is_folder: about.is_dir(),
            bytes: about.len(),
        })
    })
}

impl FolderEntry {
    /// Returns an entry's rank in the list, or `None` if it isn't listed.
    fn rank(&self, first: FileOrder) -> Option<u8> {
        let path = Path::new(&self.name);
        let extension = path.extension().and_then(OsStr::to_str);
        let data = Format::of_path(path).is_some();
        match first {
            FileOrder::Any => Some(0),
            FileOrder::Data | FileOrder::Scripts if self.is_folder => Some(1),
            FileOrder::Data if data => Some(0),
            FileOrder::Data => Some(2),
            FileOrder::Scripts => (extension == Some("rhai")).then_some(0),
        }
    }

    /// `folder` is the typed text, `shown` the text to insert.
    fn offer(
        &self,
        folder: &str,
        shown: &str,
        quote: Option<char>,
        first: FileOrder,
    ) -> Option<Offer> {
        let (name, help) = if self.is_folder {
            (format!("{}/", self.name), "folder".to_owned())
        } else if first == FileOrder::Scripts {
            (
                self.name.trim_end_matches(".rhai").to_owned(),
                String::new(),
            )
        } else {
            (self.name.clone(), words::bytes(self.bytes))
        };
        let mut offer = Offer::new(format!("{shown}{name}"), help)
            .labelled(name.as_str())
            .quoted(quote)?;
        if self.is_folder {
            // A folder's content is completed next.
            offer.suffix = "";
            if quote.is_none() {
                offer.text = format!("\"{}", inside_quotes(&offer.name));
            }
        }
        // Compared with the typed text, including quotes and escapes.
        offer.name = match quote {
            Some('`') => format!("{folder}{name}"),
            _ => inside_quotes(&format!("{folder}{name}")),
        };
        Some(offer)
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
