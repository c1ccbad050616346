//! Brackets: pairs that belong together, and those that are open at a position.

use super::pieces::Piece;
use rhai::Token;
use std::ops::Range;

/// Returns the spans of the bracket at or just before the cursor and of its partner.
pub(super) fn matching(pieces: &[Piece], pos: usize) -> Option<[Range<usize>; 2]> {
    let is_bracket = |piece: &&Piece| closer(&piece.token).is_some() || is_closer(&piece.token);
    let under = pieces
        .iter()
        .filter(is_bracket)
        .find(|it| it.span.contains(&pos));
    let before = || {
        pieces
            .iter()
            .filter(is_bracket)
            .find(|it| it.span.end == pos)
    };
    let here = under.or_else(before)?;
    let (open, close) = pairs(pieces)
        .into_iter()
        .find(|(open, close)| open.span == here.span || close.span == here.span)?;
    Some([open.span.clone(), close.span.clone()])
}

/// Returns the brackets that are open at a position, the innermost last, as indexes into the pieces.
pub(super) fn open_at(pieces: &[Piece], pos: usize) -> Vec<usize> {
    let mut open: Vec<usize> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        if piece.span.end > pos {
            break;
        }
        step(pieces, &mut open, index);
    }
    open
}

/// Returns the pairs of brackets that belong together.
fn pairs(pieces: &[Piece]) -> Vec<(&Piece, &Piece)> {
    let mut open: Vec<usize> = Vec::new();
    let mut pairs = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        if let Some(opener) = step(pieces, &mut open, index).and_then(|at| pieces.get(at)) {
            pairs.push((opener, piece));
        }
    }
    pairs
}

/// Processes one piece, and returns the index of the opening bracket that it closes. Brackets that close nothing are
/// skipped.
fn step(pieces: &[Piece], open: &mut Vec<usize>, index: usize) -> Option<usize> {
    let token = &pieces.get(index)?.token;
    if closer(token).is_some() {
        open.push(index);
        return None;
    }
    let opener = *open.last()?;
    let closes = closer(&pieces.get(opener)?.token).is_some_and(|closer| closer == *token);
    if closes {
        open.pop();
    }
    closes.then_some(opener)
}

/// Returns the token that closes this bracket, if it's an opening one.
fn closer(token: &Token) -> Option<Token> {
    match token {
        Token::LeftParen => Some(Token::RightParen),
        Token::LeftBracket | Token::QuestionBracket => Some(Token::RightBracket),
        Token::LeftBrace | Token::MapStart => Some(Token::RightBrace),
        _ => None,
    }
}

fn is_closer(token: &Token) -> bool {
    matches!(
        token,
        Token::RightParen | Token::RightBracket | Token::RightBrace
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::pieces::pieces;

    #[test]
    fn partners_are_found_past_texts_and_comments() {
        let text = r#"f(#{a: "}", b: `)${x[0]}`}) /* ( */"#;
        let (cut, _) = pieces(text);
        let at = |pos| matching(&cut, pos).map(|[open, close]| (open.start, close.start));
        let last = text.find(") /*").unwrap();
        assert_eq!(at(1), Some((1, last)));
        assert_eq!(at(last + 1), Some((1, last)), "just before the cursor");
        assert_eq!(at(2), Some((2, last - 1)));
        assert_eq!(at(0), None);
        let inner = text.find("[0]").unwrap();
        assert_eq!(at(inner), Some((inner, inner + 2)));
    }

    #[test]
    fn a_wrong_bracket_closes_nothing() {
        let (cut, _) = pieces("f(1]");
        assert!(matching(&cut, 1).is_none());
        assert_eq!(open_at(&cut, 4).len(), 1);
    }
}
