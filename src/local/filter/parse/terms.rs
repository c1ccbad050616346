//! Terms and functions: `(id + 1) % 2`, `array_length(tags)`, `json_contains(doc["a"], 1)`.

use super::{Kind, MAX_DEPTH, Operand, Parser, comparable, kind};
use crate::formats::DataType;
use crate::local::filter::lex::Token;
use crate::local::filter::term::{Operator, Quantity, Term};
use crate::local::filter::{Filter, Path, Scalar, scalar_of};
use serde_json::Value;

impl Parser<'_> {
    /// One side of a comparison.
    pub(super) fn operand(&mut self) -> Result<Operand, String> {
        let mut left = self.product()?;
        let operators = [("+", Operator::Plus), ("-", Operator::Minus)];
        while let Some(operator) = self.operator(&operators)? {
            left = calculated(left, operator, self.product()?)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Operand, String> {
        let operators = [
            ("*", Operator::Times),
            ("/", Operator::Over),
            ("%", Operator::Modulo),
        ];
        let mut left = self.factor()?;
        while let Some(operator) = self.operator(&operators)? {
            left = calculated(left, operator, self.factor()?)?;
        }
        Ok(left)
    }

    /// Each makes the term deeper by one, whose values are worked out by going down into it.
    fn operator(&mut self, operators: &[(&str, Operator)]) -> Result<Option<Operator>, String> {
        let found = operators.iter().find(|(sign, _)| self.take_sign(sign));
        self.operators += usize::from(found.is_some());
        if self.operators > MAX_DEPTH {
            return Err(format!("it has more than {MAX_DEPTH} arithmetic operators"));
        }
        Ok(found.map(|(_, operator)| *operator))
    }

    fn factor(&mut self) -> Result<Operand, String> {
        if self.take_sign("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(format!("it is nested more than {MAX_DEPTH} deep"));
            }
            let inner = self.operand()?;
            self.need_sign(")")?;
            self.depth -= 1;
            return Ok(inner);
        }
        if self.is_function(&["array_length"]) {
            _ = self.next();
            self.need_sign("(")?;
            let (path, _) = self.list_path()?;
            self.need_sign(")")?;
            return Ok(Operand::Term(Term::Length(path), Kind::Number));
        }
        self.single()
    }

    /// True where the next parenthesis holds a term, and not a filter.
    pub(super) fn holds_term(&self) -> bool {
        let mut open = 0_usize;
        let end = self.tokens.iter().position(|token| {
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open = open.saturating_sub(1),
                _ => {}
            }
            open == 0
        });
        let after = end.and_then(|end| self.tokens.get(end + 1));
        match after {
            Some(Token::Sign(sign)) => matches!(
                *sign,
                "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">="
            ),
            Some(Token::Word(word)) => ["in", "like", "is", "not"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known)),
            _ => false,
        }
    }

    fn is_function(&self, names: &[&str]) -> bool {
        match self.tokens {
            [Token::Word(word), Token::Sign("("), ..] => {
                names.iter().any(|name| word.eq_ignore_ascii_case(name))
            }
            _ => false,
        }
    }

    /// A function that is true or false by itself, or `exists`, where one comes next.
    pub(super) fn function(&mut self) -> Result<Option<Filter>, String> {
        if matches!(self.tokens, [Token::Word(word), Token::Word(_) | Token::Sign("("), ..] if word.eq_ignore_ascii_case("exists"))
        {
            _ = self.next();
            let within = self.take_sign("(");
            let key = self.single()?;
            if within {
                self.need_sign(")")?;
            }
            return match key {
                Operand::Term(Term::Path(path), Kind::Any) if !path.keys.is_empty() => {
                    Ok(Some(Filter::Not(Box::new(Filter::IsNull(path)))))
                }
                _ => Err("exists takes a key, e.g. exists meta[\"a\"]".to_owned()),
            };
        }
        let one = self.is_function(&["array_contains", "json_contains"]);
        let any = self.is_function(&["array_contains_any", "json_contains_any"]);
        let all = self.is_function(&["array_contains_all", "json_contains_all"]);
        if !(one || any || all) {
            return Ok(None);
        }
        _ = self.next();
        self.need_sign("(")?;
        let (path, element) = self.list_path()?;
        self.need_sign(",")?;
        let values = match (one, self.value()?) {
            (true, value) => vec![value],
            (false, Value::Array(values)) => values,
            (false, _) => return Err("a list of values is expected, e.g. [1, 2]".to_owned()),
        };
        self.need_sign(")")?;
        for value in &values {
            let scalar = scalar_of(value.clone());
            match (element, scalar) {
                (Kind::Any, _) => {}
                (kind, Some(scalar)) => _ = comparable(false, kind, scalar)?,
                (_, None) => return Err("arrays hold no lists".to_owned()),
            }
        }
        let quantity = if all { Quantity::All } else { Quantity::Any };
        Ok(Some(Filter::Contains(path, quantity, values)))
    }

    /// An array or JSON field, and the kind of its elements.
    fn list_path(&mut self) -> Result<(Path, Kind), String> {
        let Operand::Term(Term::Path(path), own) = self.single()? else {
            return Err("an array or JSON field is expected".to_owned());
        };
        let field = self.schema.fields.get(path.column);
        match field.map(|field| (&field.name, &field.data_type)) {
            Some((name, DataType::Array { element, .. })) if path.keys.is_empty() => {
                Ok((path, kind(name, element, &[])?))
            }
            _ if own == Kind::Any => Ok((path, Kind::Any)),
            _ => Err("an array or JSON field is expected".to_owned()),
        }
    }

    /// A value written out, which may be a list.
    fn value(&mut self) -> Result<Value, String> {
        if let Some(Token::Param(name)) = self.tokens.first().cloned() {
            _ = self.next();
            return self.param(&name).cloned();
        }
        if !self.take_sign("[") {
            return match self.single()? {
                Operand::Value(Scalar::Bool(is)) => Ok(Value::from(is)),
                Operand::Value(Scalar::Int(value)) => Ok(Value::from(value)),
                Operand::Value(Scalar::Float(value)) => Ok(Value::from(value)),
                Operand::Value(Scalar::Text(text)) => Ok(Value::from(text.into_owned())),
                Operand::Term(..) => Err("a list holds values, not fields".to_owned()),
            };
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        let mut values = Vec::new();
        while !self.take_sign("]") {
            values.push(self.value()?);
            if !self.take_sign(",") {
                self.need_sign("]")?;
                break;
            }
        }
        self.depth -= 1;
        Ok(Value::Array(values))
    }
}

fn calculated(left: Operand, operator: Operator, right: Operand) -> Result<Operand, String> {
    if let (Operand::Value(one), Operand::Value(other)) = (&left, &right) {
        let value = operator.of(one, other);
        return value
            .map(Operand::Value)
            .ok_or_else(|| format!("{one} and {other} cannot be calculated with"));
    }
    let number = |operand: Operand| match operand {
        Operand::Term(term, Kind::Number | Kind::Any) => Ok(term),
        Operand::Value(value @ (Scalar::Int(_) | Scalar::Float(_))) => Ok(Term::Value(value)),
        _ => Err("only numbers can be calculated with".to_owned()),
    };
    let sides = (number(left)?, number(right)?);
    Ok(Operand::Term(
        Term::Calculated(Box::new(sides), operator),
        Kind::Number,
    ))
}
