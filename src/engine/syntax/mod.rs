//! The one reader of Rhai text. Everything that looks at typed or saved code without running it starts here.
//!
//! In goes a text, complete or not; out come its tokens with byte ranges, brackets, strings, statements and names
//! ([`SourceText`]), whether Enter ends it ([`ParseState`]), and the secrets in it ([`secrets`]). [`lexer`] wraps Rhai's
//! lexer; open [`source`] first.

mod lexer;
mod parse_state;
pub(crate) mod secrets;
mod source;

pub(crate) use lexer::{OpenConstruct, first_token};
pub(crate) use parse_state::{ParseState, command, is_command, parse_state, parses};
pub(crate) use source::{SourceStatement, SourceText, byte_offset};
