//! The walk through candidates with repeated Tabs. rustyline prints the list and has no menu, so each further Tab is a
//! completion with a single candidate.

use rustyline::completion::{Pair, longest_common_prefix};

/// The candidates of a list that was printed, and the one that's in the line.
pub(super) struct CandidateWalk {
    /// The line up to the replaced text.
    before: String,
    /// The line after the cursor.
    after: String,
    /// The typed text, which follows the last candidate, and the candidates.
    texts: Vec<String>,
    /// Index of the text in the line.
    at: usize,
}

impl CandidateWalk {
    /// Returns the walk for a list whose candidates replace the text from `start` to the cursor. `None` if there's no
    /// choice.
    pub(super) fn new(line: &str, pos: usize, start: usize, pairs: &[Pair]) -> Option<Self> {
        if pairs.len() < 2 {
            return None;
        }
        let typed = line.get(start..pos)?;
        // The editor inserts the common beginning if it's longer than the typed text.
        let common = longest_common_prefix(pairs).filter(|common| common.len() > typed.len());
        let mut texts = vec![common.unwrap_or(typed).to_owned()];
        texts.extend(pairs.iter().map(|pair| pair.replacement.clone()));
        Some(Self {
            before: line.get(..start)?.to_owned(),
            after: line.get(pos..)?.to_owned(),
            texts,
            at: 0,
        })
    }

    /// Moves to the next text, or to the one before. `None` if the line isn't the walk's.
    pub(super) fn step(
        &mut self,
        line: &str,
        pos: usize,
        backward: bool,
    ) -> Option<(usize, Vec<Pair>)> {
        if !self.is_in(line, pos) {
            return None;
        }
        let count = self.texts.len();
        self.at = (self.at + if backward { count - 1 } else { 1 }) % count;
        let text = self.texts.get(self.at)?;
        let pair = Pair {
            display: text.clone(),
            replacement: text.clone(),
        };
        Some((self.before.len(), vec![pair]))
    }

    /// Returns the place of the line's candidate: `2 of 5`.
    pub(super) fn place(&self, line: &str, pos: usize) -> Option<String> {
        let is_candidate = self.at > 0 && self.is_in(line, pos);
        is_candidate.then(|| format!("{} of {}", self.at, self.texts.len() - 1))
    }

    fn is_in(&self, line: &str, pos: usize) -> bool {
        let Some(text) = self.texts.get(self.at) else {
            return false;
        };
        let parts = line.split_at_checked(pos);
        parts.is_some_and(|(before, after)| {
            let typed = before.strip_prefix(self.before.as_str());
            typed == Some(text) && after == self.after
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(texts: &[&str]) -> Vec<Pair> {
        let pair = |text: &&str| Pair {
            display: (*text).to_owned(),
            replacement: (*text).to_owned(),
        };
        texts.iter().map(pair).collect()
    }

    #[test]
    fn tab_cycles_through_candidates_and_the_typed_text() {
        let mut line = "f(col)".to_owned();
        let mut pos = 5;
        let mut walk = CandidateWalk::new(&line, pos, 2, &pairs(&["colour", "column"])).unwrap();
        for (backward, shown, place) in [
            (false, "f(colour)", Some("1 of 2")),
            (false, "f(column)", Some("2 of 2")),
            (false, "f(col)", None),
            (true, "f(column)", Some("2 of 2")),
            (true, "f(colour)", Some("1 of 2")),
        ] {
            let (start, next) = walk.step(&line, pos, backward).unwrap();
            line.replace_range(start..pos, &next[0].replacement);
            pos = start + next[0].replacement.len();
            assert_eq!((line.as_str(), pos), (shown, shown.len() - 1));
            assert_eq!(walk.place(&line, pos).as_deref(), place);
        }
        assert!(walk.step("f(colours)", 9, false).is_none());
        assert!(CandidateWalk::new("f(", 2, 2, &pairs(&["a"])).is_none());
    }

    #[test]
    fn tab_cycles_after_the_common_beginning() {
        let mut walk = CandidateWalk::new("c", 1, 0, &pairs(&["column", "colour"])).unwrap();
        assert!(walk.step("c", 1, false).is_none());
        assert!(walk.step("col", 3, false).is_some());
    }
}
