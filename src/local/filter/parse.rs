//! Parses a filter's tokens into a [`Predicate`], with the rules and precedences of Milvus' grammar
//! (internal/parser/planparserv2/Plan.g4).

use super::check::{self, Node};
use super::token::{self, PathKey, Token};
use super::value::{Constant, Operator, Relation};
use super::{FieldRef, Predicate, Quantity, ValueKind, arithmetic, literal};
use crate::formats::Schema;
use crate::formats::batch::META;
use serde_json::{Map, Value};

/// Deepest nesting of parentheses, lists and signs.
const MAX_DEPTH: usize = 100;

/// Largest number of conditions in a filter.
const MAX_CONDITIONS: usize = 10_000;

/// Precedences. The later a rule comes in the grammar, the looser it binds.
mod precedence {
    pub(super) const EXISTS: u8 = 17;
    pub(super) const LIKE: u8 = 16;
    pub(super) const POWER: u8 = 14;
    pub(super) const UNARY: u8 = 13;
    pub(super) const PRODUCT: u8 = 12;
    pub(super) const SUM: u8 = 11;
    pub(super) const IN: u8 = 9;
    pub(super) const RANGE: u8 = 8;
    pub(super) const RELATION: u8 = 7;
    pub(super) const EQUALITY: u8 = 6;
    pub(super) const BIT_AND: u8 = 5;
    pub(super) const BIT_XOR: u8 = 4;
    pub(super) const BIT_OR: u8 = 3;
    pub(super) const AND: u8 = 2;
    pub(super) const OR: u8 = 1;
}

/// Parses a filter.
pub(crate) fn parse(
    text: &str,
    schema: &Schema,
    params: &Map<String, Value>,
) -> Result<Predicate, String> {
    let tokens = token::tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        schema,
        params,
        depth: 0,
        conditions: 0,
    };
    let node = parser.expression(0)?;
    if parser.peek().is_some() {
        return Err(format!("{} is not expected", parser.found()));
    }
    node.into_predicate()
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    schema: &'a Schema,
    params: &'a Map<String, Value>,
    depth: usize,
    conditions: usize,
}

/// An operator between two expressions.
#[derive(Clone, Copy)]
enum Infix<'a> {
    And,
    Or,
    Like,
    Power,
    In,
    NotIn,
    /// `< field <`, where both relations have the same direction.
    Range(Relation, (&'a str, &'a [PathKey]), Relation),
    Relation(Relation),
    Operator(Operator),
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.first()
    }

    fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
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
        self.peek()
            .map_or_else(|| "the end".to_owned(), ToString::to_string)
    }

    /// Parses an expression whose operators bind at least as tightly as `min`.
    fn expression(&mut self, min: u8) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        let mut left = self.prefix()?;
        while let Some((infix, precedence, tokens)) = self.infix()? {
            if precedence < min {
                break;
            }
            self.tokens = self.tokens.get(tokens..).unwrap_or_default();
            left = self.joined(left, infix, precedence)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Returns the next operator, its precedence, and its number of tokens.
    fn infix(&self) -> Result<Option<(Infix<'a>, u8, usize)>, String> {
        let infix = match self.tokens {
            [Token::Word("and"), ..] => (Infix::And, precedence::AND, 1),
            [Token::Word("or"), ..] => (Infix::Or, precedence::OR, 1),
            [Token::Word("like"), ..] => (Infix::Like, precedence::LIKE, 1),
            [Token::Word("in"), ..] => (Infix::In, precedence::IN, 1),
            [Token::Word("not"), Token::Word("in"), ..] => (Infix::NotIn, precedence::IN, 2),
            [Token::Word("not"), Token::Word("like"), ..] => {
                let why = "write not before the condition, as in not (name like \"a%\")";
                return Err(why.to_owned());
            }
            [Token::Sign("**"), ..] => (Infix::Power, precedence::POWER, 1),
            [Token::Sign(sign @ ("=~" | "!~" | "<<" | ">>")), ..] => return Err(unsupported(sign)),
            [Token::Sign("="), ..] => {
                return Err("\"=\" is not expected; equality is ==".to_owned());
            }
            [Token::Sign(sign), rest @ ..] => match (sign.parse().ok(), operator(sign)) {
                (Some(first), _) if let Some((field, second)) = range(first, rest) => {
                    (Infix::Range(first, field, second), precedence::RANGE, 3)
                }
                (Some(relation @ (Relation::Equal | Relation::NotEqual)), _) => {
                    (Infix::Relation(relation), precedence::EQUALITY, 1)
                }
                (Some(relation), _) => (Infix::Relation(relation), precedence::RELATION, 1),
                (_, Some((operator, precedence))) => (Infix::Operator(operator), precedence, 1),
                (None, None) => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(infix))
    }

    fn joined(&mut self, left: Node, infix: Infix<'_>, precedence: u8) -> Result<Node, String> {
        let right = self.expression(precedence + 1)?;
        match infix {
            Infix::And | Infix::Or => check::joined(left, right, matches!(infix, Infix::Or)),
            Infix::Power => arithmetic::raised(&left, &right),
            Infix::Operator(operator) => arithmetic::calculated(left, operator, right),
            Infix::Like => self.condition(check::is_like(left, right)),
            Infix::In => self.condition(check::is_in(left, right)),
            Infix::NotIn => check::negated(self.condition(check::is_in(left, right))?),
            Infix::Relation(relation) => self.condition(check::compared(left, relation, right)),
            Infix::Range(first, (name, keys), second) => {
                let field = FieldRef::resolve(self.schema, name, keys)?;
                self.condition(check::ranged(left, first, field, second, right))
            }
        }
    }

    /// Counts a condition, and returns an error above the limit.
    fn condition(&mut self, node: Result<Node, String>) -> Result<Node, String> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(format!("it has more than {MAX_CONDITIONS} conditions"));
        }
        node
    }

    /// Parses an operand with its signs, `not` or other prefix.
    fn prefix(&mut self) -> Result<Node, String> {
        let Some(token) = self.next() else {
            return Err("it ends too early".to_owned());
        };
        match token {
            Token::Integer(literal::MIN_INT_DIGITS) => {
                Err(format!("{token} is out of range (64-bit integers)"))
            }
            Token::Integer(text) => Ok(Node::Constant(Constant::Int(literal::integer(text)?))),
            Token::Float(text) => Ok(Node::Constant(Constant::Float(literal::float(text)?))),
            Token::Text(text) => Ok(Node::Constant(Constant::Text(literal::unquote(text)?))),
            Token::Raw(text) => Ok(Node::Constant(Constant::Text((*text).to_owned()))),
            Token::Bool(is) => Ok(Node::Constant(Constant::Bool(*is))),
            Token::Name(name) => self.named(name, &[]),
            Token::Path(name, keys) => self.named(name, keys),
            Token::StructPath(path) => Err(unsupported(path)),
            Token::Word("not") => check::negated(self.expression(precedence::UNARY)?),
            Token::Word("exists") => {
                let node = self.expression(precedence::EXISTS)?;
                self.condition(check::exists(node))
            }
            Token::Word(word) => self.function(word),
            Token::Sign("-") if self.peek() == Some(&Token::Integer(literal::MIN_INT_DIGITS)) => {
                _ = self.next();
                Ok(Node::Constant(Constant::Int(i64::MIN)))
            }
            Token::Sign(sign @ ("+" | "-")) => {
                arithmetic::signed(self.expression(precedence::UNARY)?, sign)
            }
            Token::Sign("(") => {
                let node = self.expression(0)?;
                self.need_sign(")")?;
                Ok(node)
            }
            Token::Sign("[") => self.list(),
            Token::Sign("{") => self.param(),
            Token::Sign("~") => Err(unsupported("~")),
            Token::Sign(_) => Err(format!("a field or a value is expected, found {token}")),
        }
    }

    /// Parses a list after its bracket; a comma may follow its last value.
    fn list(&mut self) -> Result<Node, String> {
        let mut values = Vec::new();
        while !self.take_sign("]") {
            match self.expression(0)? {
                Node::Constant(value) => values.push(value),
                _ => return Err("a list holds constants alone".to_owned()),
            }
            if !self.take_sign(",") {
                self.need_sign("]")?;
                break;
            }
        }
        Ok(Node::Constant(Constant::List(values)))
    }

    /// Parses `name}` after the brace.
    fn param(&mut self) -> Result<Node, String> {
        let Some(Token::Name(name)) = self.next() else {
            return Err("a name is expected after {".to_owned());
        };
        self.need_sign("}")?;
        let value = self.params.get(*name);
        let value = value.ok_or_else(|| format!("the value of expression template variable name {{{name}}} is not found in exprParams"))?;
        let param = literal::given(value, 0).map(Node::Param);
        param
            .ok_or_else(|| format!("{{{name}}} in exprParams holds a value that can't be compared"))
    }

    /// Parses `is null` after a field's name, or returns the field.
    fn named(&mut self, name: &str, keys: &[PathKey]) -> Result<Node, String> {
        if self.peek() == Some(&Token::Sign("(")) {
            return Err(unsupported(name));
        }
        let field = FieldRef::resolve(self.schema, name, keys)?;
        let asks_null = match self.peek() {
            Some(Token::Word("is null")) => true,
            Some(Token::Word("is not null")) => false,
            _ => return Ok(Node::Field(field)),
        };
        _ = self.next();
        let declared = self.schema.fields.get(field.column);
        if declared.is_some_and(|declared| declared.data_type.is_vector()) {
            let why = "IsNull/IsNotNull operations are not supported on vector fields";
            return Err(why.to_owned());
        }
        if field.index.is_some() {
            let why = "IsNull/IsNotNull operations are not supported on array elements";
            return Err(why.to_owned());
        }
        if name == META && keys.is_empty() {
            return Err("is null takes a field or a key".to_owned());
        }
        let (node, is_of_nulls) = if field.keys.is_empty() {
            (Predicate::IsNull(field).into(), true)
        } else {
            (check::exists(Node::Field(field))?, false)
        };
        self.condition(if is_of_nulls == asks_null {
            Ok(node)
        } else {
            check::negated(node)
        })
    }

    /// Parses the arguments of a function.
    fn function(&mut self, word: &str) -> Result<Node, String> {
        let quantity = match word {
            "array_length" => {
                self.need_sign("(")?;
                let field = self.next().and_then(Token::field);
                let field = field.filter(|(name, keys)| *name != META || !keys.is_empty());
                let (name, keys) = field.ok_or("array_length takes a field or a key")?;
                let field = FieldRef::resolve(self.schema, name, keys)?;
                self.need_sign(")")?;
                if field.kind != ValueKind::Json && !field.is_whole_array() {
                    let why = "array_length operation are only supported on json or array fields";
                    return Err(why.to_owned());
                }
                return Ok(Node::Length(field));
            }
            "json_contains" | "array_contains" => None,
            "json_contains_any" | "array_contains_any" => Some(Quantity::Any),
            "json_contains_all" | "array_contains_all" => Some(Quantity::All),
            "and" | "or" | "in" | "like" | "is null" | "is not null" => {
                let why = format!("a field or a value is expected, found {word:?}, a keyword");
                return Err(why);
            }
            word => return Err(unsupported(word)),
        };
        self.need_sign("(")?;
        let field = self.expression(0)?;
        self.need_sign(",")?;
        let values = self.expression(0)?;
        self.need_sign(")")?;
        self.condition(check::contains(field, values, quantity))
    }
}

/// Returns the field and the relation that come next, if they and the first relation make a range.
fn range<'a>(
    first: Relation,
    rest: &'a [Token<'a>],
) -> Option<((&'a str, &'a [PathKey]), Relation)> {
    let [field, Token::Sign(sign), ..] = rest else {
        return None;
    };
    let second = sign.parse().ok()?;
    first
        .makes_range(second)
        .then_some((field.field()?, second))
}

fn operator(sign: &str) -> Option<(Operator, u8)> {
    Some(match sign {
        "+" => (Operator::Add, precedence::SUM),
        "-" => (Operator::Subtract, precedence::SUM),
        "*" => (Operator::Multiply, precedence::PRODUCT),
        "/" => (Operator::Divide, precedence::PRODUCT),
        "%" => (Operator::Modulo, precedence::PRODUCT),
        "&" => (Operator::BitAnd, precedence::BIT_AND),
        "^" => (Operator::BitXor, precedence::BIT_XOR),
        "|" => (Operator::BitOr, precedence::BIT_OR),
        _ => return None,
    })
}

fn unsupported(what: &str) -> String {
    format!("{what} is not supported by the local service")
}
