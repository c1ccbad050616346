//! Matches `like` patterns: `%` is any text, `_` is any single character, and `\` makes the next character a literal
//! (segcore: common/RegexQuery.h, `LikePatternMatcher`).
//!
//! A pattern is split at each `%` into parts. The first part has to match the start of the text, and the last part its
//! end. The other parts are searched one after the other, in time proportional to the text. Parts with `_` are searched
//! 64 characters at a time (Shift-And), so a long pattern slows the search by its length divided by 64.

use memchr::memmem::Finder;
use std::collections::HashMap;

/// A parsed pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    first: Vec<Letter>,
    /// The parts between two `%`, and the last part; `None` if the pattern has no `%`.
    open: Option<(Vec<PatternPart>, Vec<Letter>)>,
}

/// A character of a pattern; `None` is `_`.
type Letter = Option<char>;

#[derive(Debug)]
enum PatternPart {
    Text(Box<Finder<'static>>),
    Letters(Letters),
}

/// A part with `_`. Bit `n` of a set is for the part's letter `n`.
#[derive(Debug)]
struct Letters {
    length: usize,
    /// Set of the `_` letters, which match any character.
    any: Vec<u64>,
    others: HashMap<char, CharPositions>,
}

/// The positions of a character, without those in `any`. If there are many positions they're a set, so a part takes
/// memory in proportion to its length.
#[derive(Debug)]
enum CharPositions {
    Few(Vec<usize>),
    Many(Vec<u64>),
}

impl Pattern {
    /// Parses a pattern.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let mut parts = vec![Vec::new()];
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            let letter = match letter {
                '%' => {
                    parts.push(Vec::new());
                    continue;
                }
                '_' => None,
                '\\' => Some(letters.next().ok_or("the pattern of like ends with \\")?),
                letter => Some(letter),
            };
            if let Some(part) = parts.last_mut() {
                part.push(letter);
            }
        }
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        let mut between: Vec<_> = parts.collect();
        let open = between.pop().map(|last| {
            let between = between.into_iter().filter(|part| !part.is_empty());
            (between.map(PatternPart::new).collect(), last)
        });
        Ok(Self { first, open })
    }

    /// Returns true if the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut first = self.first.iter();
        if !first.all(|letter| is_next(*letter, rest.next())) {
            return false;
        }
        let Some((between, last)) = &self.open else {
            return rest.next().is_none();
        };
        let mut last = last.iter().rev();
        if !last.all(|letter| is_next(*letter, rest.next_back())) {
            return false;
        }
        let mut between = between.iter();
        let found = between.try_fold(rest.as_str(), |rest, part| rest.get(part.find_end(rest)?..));
        found.is_some()
    }
}

fn is_next(letter: Letter, next: Option<char>) -> bool {
    next.is_some_and(|next| letter.is_none_or(|letter| letter == next))
}

impl PatternPart {
    fn new(letters: Vec<Letter>) -> Self {
        match letters.iter().copied().collect::<Option<String>>() {
            Some(text) => Self::Text(Box::new(Finder::new(&text).into_owned())),
            None => Self::Letters(Letters::new(&letters)),
        }
    }

    /// Returns the end of the first match.
    fn find_end(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(finder) => Some(finder.find(text.as_bytes())? + finder.needle().len()),
            Self::Letters(letters) => letters.find_end(text),
        }
    }
}

const BITS: usize = 64;

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / BITS) {
        *word |= 1 << (at % BITS);
    }
}

fn has(bits: &[u64], at: usize) -> bool {
    bits.get(at / BITS)
        .is_some_and(|word| word >> (at % BITS) & 1 == 1)
}

impl Letters {
    fn new(letters: &[Letter]) -> Self {
        let words = letters.len().div_ceil(BITS);
        let mut any = vec![0; words];
        let mut places: HashMap<char, Vec<usize>> = HashMap::new();
        for (at, letter) in letters.iter().enumerate() {
            match letter {
                None => set(&mut any, at),
                Some(letter) => places.entry(*letter).or_default().push(at),
            }
        }
        let others = places.into_iter().map(|(letter, places)| {
            if places.len() <= words {
                return (letter, CharPositions::Few(places));
            }
            let mut bits = any.clone();
            for at in places {
                set(&mut bits, at);
            }
            (letter, CharPositions::Many(bits))
        });
        Self {
            length: letters.len(),
            others: others.collect(),
            any,
        }
    }

    fn find_end(&self, text: &str) -> Option<usize> {
        // Bit `n` is set if the last `n + 1` characters match the first `n + 1` letters.
        let mut state = vec![0_u64; self.any.len()];
        let mut moved = state.clone();
        for (at, letter) in text.char_indices() {
            let mut carry = 1;
            for (moved, state) in moved.iter_mut().zip(&state) {
                *moved = state << 1 | carry;
                carry = state >> (BITS - 1);
            }
            let places = self.others.get(&letter);
            let mask = match places {
                Some(CharPositions::Many(bits)) => bits,
                _ => &self.any,
            };
            for ((state, moved), mask) in state.iter_mut().zip(&moved).zip(mask) {
                *state = moved & mask;
            }
            if let Some(CharPositions::Few(places)) = places {
                for place in places.iter().filter(|place| has(&moved, **place)) {
                    set(&mut state, *place);
                }
            }
            if has(&state, self.length - 1) {
                return Some(at + letter.len_utf8());
            }
        }
        None
    }
}
