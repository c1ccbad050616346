//! Completion candidates and the layout of their list.

use super::place::CompletionPlace;
use crate::render::Screen;
use crate::text::words;
use console::truncate_str;
use rustyline::completion::Pair;
use unicode_width::UnicodeWidthStr;

/// A completion candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// The text that's compared with the typed text.
    pub(super) name: String,
    /// The text to insert.
    pub(super) text: String,
    /// A text to insert afterwards, unless it's already there.
    pub(super) suffix: &'static str,
    /// The label in the list.
    pub(super) label: String,
    /// A short help.
    pub(super) help: String,
}

impl Offer {
    /// Returns an offer for a name that's inserted as it is.
    pub(super) fn new(name: impl Into<String>, help: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            text: name.clone(),
            label: name.clone(),
            name,
            help: help.into(),
            suffix: "",
        }
    }

    /// Adds a text to insert afterwards.
    #[must_use]
    pub(super) fn then(mut self, suffix: &'static str) -> Self {
        self.suffix = suffix;
        self
    }

    /// Sets another label.
    #[must_use]
    pub(super) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Quotes the offer as a text. Without an open quote it brings its own. Returns `None` if the quote can't express
    /// the text.
    pub(super) fn quoted(mut self, quote: Option<char>) -> Option<Self> {
        self.text = match quote {
            Some('`') => {
                let speakable = !self.name.contains(['`', '$']);
                speakable.then(|| self.name.clone())?
            }
            Some(_) => inside_quotes(&self.name),
            None => {
                let text = format!("\"{}\"", inside_quotes(&self.name));
                if self.label == self.name {
                    self.label.clone_from(&text);
                }
                text
            }
        };
        self.suffix = match quote {
            Some('`') => "`",
            Some(_) => "\"",
            None => "",
        };
        Some(self)
    }
}

/// Returns the text escaped for double quotes.
pub(super) fn inside_quotes(text: &str) -> String {
    let quoted = words::quote(text);
    let inside = quoted.get(1..quoted.len() - 1);
    inside.unwrap_or_default().to_owned()
}

/// Returns the pairs for the offers that start with the typed text. If none matches exactly, case is ignored.
pub(super) fn pairs(
    place: &CompletionPlace<'_>,
    after: &str,
    offers: Vec<Offer>,
    screen: &Screen,
) -> Vec<Pair> {
    let typed = place.typed;
    let folded = typed.to_lowercase();
    let exact = offers.iter().any(|offer| offer.name.starts_with(typed));
    let begins = |offer: &Offer| {
        if exact {
            offer.name.starts_with(typed)
        } else {
            offer.name.to_lowercase().starts_with(&folded)
        }
    };
    let mut fitting: Vec<Offer> = Vec::new();
    for offer in offers.into_iter().filter(begins) {
        let is_offer = |known: &Offer| (&known.text, known.suffix) == (&offer.text, offer.suffix);
        if !fitting.iter().any(is_offer) {
            fitting.push(offer);
        }
    }
    let displays = layout(&fitting, screen).into_iter();
    let pairs = displays.zip(&fitting).map(|(display, offer)| Pair {
        display,
        replacement: replacement(offer, after),
    });
    pairs.collect()
}

/// Returns the text to insert. The following text is left out if it's already there or the cursor is inside a word.
fn replacement(offer: &Offer, after: &str) -> String {
    let within = offer.suffix != "\""
        && offer.suffix != "`"
        && after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let there = match offer.suffix.trim_end().chars().next() {
        Some(first) => after.trim_start_matches(' ').starts_with(first),
        None => after.starts_with(' ') && offer.suffix == " ",
    };
    if within || there {
        offer.text.clone()
    } else {
        format!("{}{}", offer.text, offer.suffix)
    }
}

/// Returns the labels: each name with its help on a line of the screen. If that needs more lines than the screen has,
/// only the names, which are shown in columns, and for functions not even the forms if there are too many.
fn layout(offers: &[Offer], screen: &Screen) -> Vec<String> {
    let width = screen.width.unwrap_or(80).saturating_sub(1).max(10);
    let height = screen.height.unwrap_or(24).saturating_sub(3);
    let labels: Vec<String> = offers
        .iter()
        .map(|offer| words::safe_line(&offer.label).into_owned())
        .collect();
    let widest = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let columns = (width / (widest + 2)).max(1);
    let brief = offers.len().div_ceil(columns) > height;
    let described = offers.len() <= height && offers.iter().any(|offer| !offer.help.is_empty());
    let column = widest.min(width * 2 / 3);
    let mark = if screen.unicode { "…" } else { "~" };
    let cut = |text: &str, width: usize| truncate_str(text, width, mark).into_owned();
    offers
        .iter()
        .zip(labels)
        .map(|(offer, label)| {
            if brief {
                let end = label.find('(').filter(|_| offer.suffix.starts_with('('));
                return cut(&label[..end.unwrap_or(label.len())], width);
            }
            if !described || offer.help.is_empty() {
                return cut(&label, width);
            }
            let label = cut(&label, column);
            let gap = " ".repeat(column.saturating_sub(label.width()) + 2);
            let help = words::safe_line(&offer.help);
            cut(&format!("{label}{gap}{help}"), width)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::code::CursorCode;
    use super::super::place::place;
    use super::*;
    use crate::engine::syntax::SourceText;

    fn of(before: &str, after: &str, offers: Vec<Offer>) -> Vec<String> {
        let source = SourceText::read(before);
        let place = place(&CursorCode::at_end(&source));
        pairs(&place, after, offers, &Screen::terminal(40, 24))
            .into_iter()
            .map(|pair| pair.replacement)
            .collect()
    }

    #[test]
    fn the_text_after_a_candidate_is_added_once() {
        let call = || vec![Offer::new("jobs", "").then("(")];
        assert_eq!(of("jo", "", call()), ["jobs("]);
        assert_eq!(of("jo", "(1)", call()), ["jobs"]);
        assert_eq!(of("jo", "bs", call()), ["jobs"]);
        let key = || vec![Offer::new("state", "").then(": ")];
        assert_eq!(of("jobs(#{st", "", key()), ["state: "]);
        assert_eq!(of("jobs(#{st", " : 1", key()), ["state"]);
        let text = |quote| Offer::new("a\"b", "").quoted(quote).into_iter().collect();
        assert_eq!(of("f(\"", "", text(Some('"'))), ["a\\\"b\""]);
        assert_eq!(of("f(\"", "\")", text(Some('"'))), ["a\\\"b"]);
        assert_eq!(of("f(`", "", text(Some('`'))), ["a\"b`"]);
        assert_eq!(of("f(", "", text(None)), ["\"a\\\"b\""]);
        assert_eq!(Offer::new("a`b", "").quoted(Some('`')), None);
    }

    #[test]
    fn case_matters_only_if_candidates_differ_by_it() {
        let offers = || vec![Offer::new("Completed", ""), Offer::new("commit", "")];
        assert_eq!(of("c", "", offers()), ["commit"]);
        assert_eq!(of("COM", "", offers()), ["Completed", "commit"]);
    }

    #[test]
    fn lines_fit_the_screen() {
        let offers = [
            Offer::new("日本語", "a help that is much too long for the screen"),
            Offer::new("b", "short"),
        ];
        assert_eq!(
            layout(&offers, &Screen::terminal(20, 24)),
            ["日本語  a help tha…", "b       short"]
        );
        assert_eq!(layout(&offers, &Screen::terminal(20, 4)), ["日本語", "b"]);
        // Wider as a whole than the sum of its letters.
        let hearts = [Offer::new("❤️".repeat(40), "help")];
        assert_eq!(layout(&hearts, &Screen::terminal(80, 24)).len(), 1);
    }
}
