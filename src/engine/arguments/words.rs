//! Parsing of a script's command line.

use super::declaration::{Declaration, same};
use super::param_type::ParamType;
use crate::session::arguments::{Given, Raw};
use rhai::{Dynamic, Map};

/// Returns true if the arguments ask for the script's help.
pub(crate) fn asks_help(words: &[String]) -> bool {
    let options = words.iter().take_while(|word| *word != "--");
    options.into_iter().any(|word| word == "--help")
}

impl Given {
    /// Parses the arguments. A declared flag takes no value. Without a declaration, or if it isn't known, the next word
    /// is the value unless it starts with `--`. `--` ends the options.
    pub fn read(words: &[String], declaration: Option<&Declaration>) -> Self {
        let mut given = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let option = word
                .strip_prefix("--")
                .filter(|name| !name.starts_with(['=', '-']));
            let Some(option) = option else {
                given.args.push(word.clone());
                continue;
            };
            if option.is_empty() {
                given.args.extend(words.by_ref().cloned());
                break;
            }
            if let Some((name, value)) = option.split_once('=') {
                let value = Raw::Text(value.to_owned());
                given.opts.push((name.to_owned(), value));
                continue;
            }
            let kind_of = |name| declaration.and_then(|it| it.param(name)).map(|it| it.kind);
            let negated = option.strip_prefix("no-");
            let kind = kind_of(option);
            let value = match (kind, negated.and_then(kind_of)) {
                (Some(Some(ParamType::Flag)), _) => None,
                (None, Some(Some(ParamType::Flag))) => {
                    let name = negated.unwrap_or(option).to_owned();
                    given.opts.push((name, Raw::Flag(false)));
                    continue;
                }
                // A declared option takes the next word, even if it starts with a dash.
                _ => words.next_if(|next| matches!(kind, Some(Some(_))) || !next.starts_with("--")),
            };
            let raw = value.map_or(Raw::Flag(true), |it| Raw::Text(it.clone()));
            given.opts.push((option.to_owned(), raw));
        }
        given
    }

    /// Returns the values given for a parameter.
    pub fn of(&self, name: &str) -> impl Iterator<Item = &Raw> {
        let given = self.opts.iter().filter(move |(typed, _)| same(name, typed));
        given.map(|(_, raw)| raw)
    }

    /// Returns `opts` without a declaration: values are texts, a lone `--name` is `true`, and the last one wins.
    pub fn undeclared(&self) -> Map {
        let pairs = self.opts.iter().map(|(name, raw)| {
            let value = match raw {
                Raw::Flag(set) => Dynamic::from(*set),
                Raw::Text(text) => Dynamic::from(text.clone()),
            };
            (name.replace('-', "_").into(), value)
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::declaration::written;
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn shown(given: &Given) -> String {
        let opts = given.opts.iter().map(|(name, raw)| match raw {
            Raw::Flag(set) => format!("{name}:{set}"),
            Raw::Text(text) => format!("{name}={text}"),
        });
        let opts: Vec<String> = opts.collect();
        format!("{} | {}", given.args.join(" "), opts.join(" "))
    }

    #[test]
    fn without_a_declaration_the_next_word_is_the_value() {
        for (line, expected) in [
            ("a --x 1 b --y --z=2", "a b | x=1 y:true z=2"),
            ("--x -1 - -v", "- -v | x=-1"),
            ("--x -- --y", "--y | x:true"),
            ("--x= --y=a=b", " | x= y=a=b"),
            ("--- --=x ---y", "--- --=x ---y | "),
        ] {
            assert_eq!(shown(&Given::read(&words(line), None)), expected, "{line}");
        }
    }

    #[test]
    fn a_declared_flag_takes_no_value_and_a_declared_value_any() {
        let declared = Declaration::read([
            ("dry", written(false.into())),
            ("days", written(7_i64.into())),
            ("what", vec![("value".to_owned(), None)]),
        ])
        .expect("a declaration");
        for (line, expected) in [
            ("--dry x --days -1", "x | dry:true days=-1"),
            ("--no-dry x", "x | dry:false"),
            ("--dry=false --days --x", " | dry=false days=--x"),
            ("--days", " | days:true"),
            ("--what --dry", " | what:true dry:true"),
            ("--no-days 3", " | no-days=3"),
        ] {
            let given = Given::read(&words(line), Some(&declared));
            assert_eq!(shown(&given), expected, "{line}");
        }
    }
}
