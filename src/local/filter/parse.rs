//! A filter's tokens as a [`Filter`], with names looked up in the schema.

mod kinds;
mod terms;

use super::lex::{self, Token};
use super::literal::{self, pieces};
use super::term::Term;
use super::{Filter, Key, Members, Path, Relation, Scalar};
use crate::formats::batch::META;
use crate::formats::{DataType, Schema};
use kinds::{Kind, comparable, kind};
use serde_json::{Map, Value};

/// How deep parentheses and `not` may be nested.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(
    text: &str,
    schema: &Schema,
    params: &Map<String, Value>,
) -> Result<Filter, String> {
    let tokens = lex::tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        schema,
        params,
        depth: 0,
        operators: 0,
    };
    let filter = parser.any()?;
    match parser.tokens.first() {
        None => Ok(filter),
        Some(_) => Err(parser.unexpected("the end")),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) | Token::Number(word) => format!("{word:?}"),
        Token::Text(text) => format!("the text {text:?}"),
        Token::Param(name) => format!("{{{name}}}"),
        Token::Sign(sign) => format!("{sign:?}"),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    schema: &'a Schema,
    params: &'a Map<String, Value>,
    depth: usize,
    /// Arithmetic operators of the comparison so far.
    operators: usize,
}

/// One side of a comparison.
enum Operand {
    Term(Term, Kind),
    Value(Scalar<'static>),
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(found)) if *found == sign);
        if found {
            _ = self.next();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        if found {
            _ = self.next();
        }
        found
    }

    fn need_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(format!("{sign:?} is expected, found {}", self.found()))
    }

    fn found(&self) -> String {
        self.tokens
            .first()
            .map_or_else(|| "the end".to_owned(), shown)
    }

    /// What is wrong where something else was expected.
    fn unexpected(&self, expected: &str) -> String {
        match self.tokens.first() {
            Some(Token::Sign(sign @ ("**" | "<<" | ">>"))) => {
                format!("{sign:?} is not supported by the local service")
            }
            Some(token) => format!("{} is not expected: {expected} is", shown(token)),
            None => format!("{expected} is expected, found the end"),
        }
    }

    fn any(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") || self.take_sign("||") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.not()?];
        while self.take_word("and") || self.take_sign("&&") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Filter::All))
    }

    fn not(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        let filter = if self.take_word("not") || self.take_sign("!") {
            Filter::Not(Box::new(self.not()?))
        } else if !self.holds_term() && self.take_sign("(") {
            let inner = self.any()?;
            self.need_sign(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        self.operators = 0;
        if let Some(filter) = self.function()? {
            return Ok(filter);
        }
        let left = self.operand()?;
        if let Some(relation) = self.relation() {
            return self.relations(left, relation);
        }
        let (path, kind) = match left {
            Operand::Term(Term::Path(path), kind) => (path, kind),
            Operand::Value(Scalar::Bool(is)) => return Ok(Filter::Constant(is)),
            Operand::Term(..) | Operand::Value(_) => {
                return Err(self.unexpected("a comparison"));
            }
        };
        if self.take_word("is") {
            let negated = self.take_word("not");
            if !self.take_word("null") {
                return Err(format!("null is expected, found {}", self.found()));
            }
            return Ok(negate(Filter::IsNull(path), negated));
        }
        let negated = self.take_word("not");
        if self.take_word("in") {
            let list = self.list()?;
            let list: Result<Vec<_>, _> = list
                .into_iter()
                .map(|value| comparable(path.single, kind, value))
                .collect();
            return Ok(negate(Filter::In(path, Members::new(list?)), negated));
        }
        if self.take_word("like") {
            let pattern = match self.operand()? {
                Operand::Value(Scalar::Text(text)) => pieces(&text),
                _ => return Err("like takes a text, e.g. name like \"a%\"".to_owned()),
            };
            if !matches!(kind, Kind::Text | Kind::Any) {
                return Err("like compares texts".to_owned());
            }
            return Ok(negate(Filter::Like(path, pattern), negated));
        }
        match kind {
            Kind::Bool | Kind::Any if !negated => Ok(Filter::Truth(path)),
            _ => Err(self.unexpected("a comparison")),
        }
    }

    /// `left relation right`, and where it goes on, `relation right` again.
    fn relations(&mut self, left: Operand, relation: Relation) -> Result<Filter, String> {
        let right = self.operand()?;
        match (left, right) {
            (Operand::Term(term, kind), Operand::Value(value)) => {
                let value = comparable(term.is_single(), kind, value)?;
                Ok(Filter::Compare(term, relation, value))
            }
            (Operand::Value(value), Operand::Term(term, kind)) => {
                let value = comparable(term.is_single(), kind, value)?;
                let first = Filter::Compare(term.clone(), relation.turned(), value);
                let Some(relation) = self.relation() else {
                    return Ok(first);
                };
                let Operand::Value(value) = self.operand()? else {
                    return Err("a value is expected at the end of a range".to_owned());
                };
                let value = comparable(term.is_single(), kind, value)?;
                Ok(Filter::All(vec![
                    first,
                    Filter::Compare(term, relation, value),
                ]))
            }
            (Operand::Value(one), Operand::Value(other)) => Ok(Filter::Constant(
                relation.holds(&one, &other).unwrap_or(false),
            )),
            (Operand::Term(..), Operand::Term(..)) => {
                Err("comparing two fields is not supported by the local service".to_owned())
            }
        }
    }

    fn relation(&mut self) -> Option<Relation> {
        let relation = match self.tokens.first()? {
            Token::Sign("==") => Relation::Equal,
            Token::Sign("!=") => Relation::NotEqual,
            Token::Sign("<") => Relation::Less,
            Token::Sign("<=") => Relation::LessEqual,
            Token::Sign(">") => Relation::Greater,
            Token::Sign(">=") => Relation::GreaterEqual,
            _ => return None,
        };
        _ = self.next();
        Some(relation)
    }

    fn list(&mut self) -> Result<Vec<Scalar<'static>>, String> {
        if let Some(Token::Param(name)) = self.tokens.first().cloned() {
            _ = self.next();
            let values = self.param(&name)?.as_array().cloned();
            let values = values.ok_or_else(|| format!("{{{name}}} is not a list"))?;
            let scalar = |value| {
                literal::given(&value)
                    .ok_or_else(|| format!("{{{name}}} holds a value that cannot be compared"))
            };
            return values.into_iter().map(scalar).collect();
        }
        self.need_sign("[")?;
        let mut values = Vec::new();
        while !self.take_sign("]") {
            match self.operand()? {
                Operand::Value(value) => values.push(value),
                Operand::Term(..) => return Err("a list holds values, not fields".to_owned()),
            }
            if !self.take_sign(",") {
                self.need_sign("]")?;
                break;
            }
        }
        Ok(values)
    }

    fn param(&self, name: &str) -> Result<&Value, String> {
        self.params
            .get(name)
            .ok_or_else(|| format!("exprParams has no {name:?}"))
    }

    /// A field or a value.
    fn single(&mut self) -> Result<Operand, String> {
        let negative = self.take_sign("-");
        let Some(token) = self.next().cloned() else {
            return Err("it ends too early".to_owned());
        };
        match token {
            Token::Number(number) => literal::number(&number, negative).map(Operand::Value),
            _ if negative => Err(format!("a number is expected, found {}", shown(&token))),
            Token::Text(text) => Ok(Operand::Value(Scalar::Text(text.into()))),
            Token::Param(name) => {
                let value = literal::given(self.param(&name)?);
                let value = value.ok_or_else(|| format!("{{{name}}} cannot be compared"))?;
                Ok(Operand::Value(value))
            }
            Token::Word(word) if word.eq_ignore_ascii_case("true") => {
                Ok(Operand::Value(Scalar::Bool(true)))
            }
            Token::Word(word) if word.eq_ignore_ascii_case("false") => {
                Ok(Operand::Value(Scalar::Bool(false)))
            }
            Token::Word(word) if matches!(self.tokens.first(), Some(Token::Sign("("))) => Err(
                format!("the function {word} is not supported by the local service"),
            ),
            Token::Word(word) => self.path(&word),
            Token::Sign(sign) => Err(format!("a field or a value is expected, found {sign:?}")),
        }
    }

    fn path(&mut self, name: &str) -> Result<Operand, String> {
        let mut keys = Vec::new();
        while self.take_sign("[") {
            keys.push(match self.next().cloned() {
                Some(Token::Text(key)) => Key::Name(key),
                Some(Token::Number(index)) => {
                    Key::Index(index.parse().map_err(|_| format!("{index} is no index"))?)
                }
                _ => return Err("a key is a text or a number, e.g. meta[\"a\"][0]".to_owned()),
            });
            self.need_sign("]")?;
        }
        let fields = &self.schema.fields;
        if let Some(column) = fields.iter().position(|field| field.name == name) {
            let data_type = fields
                .get(column)
                .map_or(&DataType::Json, |field| &field.data_type);
            let single = matches!(data_type, DataType::Float);
            let kind = kind(name, data_type, &keys)?;
            let path = Path {
                column,
                keys,
                single,
            };
            return Ok(Operand::Term(Term::Path(path), kind));
        }
        if !self.schema.dynamic {
            return Err(format!("field {name} not exist"));
        }
        if name != META {
            keys.insert(0, Key::Name(name.to_owned()));
        }
        let path = Path {
            column: fields.len(),
            keys,
            single: false,
        };
        Ok(Operand::Term(Term::Path(path), Kind::Any))
    }
}

fn one_or(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Filter::Constant(true),
    }
}

fn negate(filter: Filter, negated: bool) -> Filter {
    if negated {
        Filter::Not(Box::new(filter))
    } else {
        filter
    }
}
