//! Checks a filter by the rules of Milvus' visitor (internal/parser/planparserv2: `parser_visitor.go`, utils.go).

use super::like::Pattern;
use super::members::Members;
use super::value::{Constant, Operator, Relation};
use super::{FieldRef, Predicate, Quantity, ValueKind};
use std::cmp::Ordering;

/// A checked part of a filter.
#[derive(Debug)]
pub(crate) enum Node {
    Constant(Constant),
    /// A value of `exprParams`.
    Param(Constant),
    Field(FieldRef),
    /// An operation on a field and a constant.
    Operation(FieldRef, Operator, Constant),
    /// `array_length`.
    Length(FieldRef),
    Predicate(Predicate),
}

pub(super) type Checked = Result<Node, String>;

impl From<Predicate> for Node {
    fn from(predicate: Predicate) -> Self {
        Self::Predicate(predicate)
    }
}

impl Node {
    /// Returns the constant, if the node is one.
    pub(super) fn constant(&self) -> Option<&Constant> {
        match self {
            Self::Constant(constant) | Self::Param(constant) => Some(constant),
            _ => None,
        }
    }

    fn into_constant(self) -> Option<Constant> {
        match self {
            Self::Constant(constant) | Self::Param(constant) => Some(constant),
            _ => None,
        }
    }

    /// Returns the kind that decides which operations the node allows: for an array, the kind of its elements.
    pub(super) fn kind(&self) -> ValueKind {
        match self {
            Self::Constant(constant) | Self::Param(constant) => match ValueKind::of(constant) {
                ValueKind::Array => ValueKind::of_elements(constant),
                kind => kind,
            },
            Self::Field(field) if field.kind == ValueKind::Array => field.element,
            Self::Field(field) => field.kind,
            Self::Operation(field, _, operand) => operation_kind(field, operand),
            Self::Length(_) => ValueKind::Int,
            Self::Predicate(_) => ValueKind::Bool,
        }
    }

    pub(super) fn is_whole_array(&self) -> bool {
        matches!(self, Self::Field(field) if field.is_whole_array())
    }

    /// Returns the whole filter's predicate.
    pub(crate) fn into_predicate(self) -> Result<Predicate, String> {
        match self {
            Self::Predicate(predicate) => Ok(predicate),
            // Constants are predicates since 3.0 (rewriter/entry.go: visitValueExpr).
            Self::Constant(Constant::Bool(is)) => Ok(Predicate::Constant(is)),
            Self::Field(FieldRef {
                kind: ValueKind::Bool,
                ..
            }) => Err(
                "predicate is not a boolean expression: a Bool field is compared, as in b == true"
                    .to_owned(),
            ),
            _ => Err("predicate is not a boolean expression".to_owned()),
        }
    }
}

/// Returns the kind of an operation's result (utils.go: getTargetType).
pub(super) fn operation_kind(field: &FieldRef, operand: &Constant) -> ValueKind {
    match field.value_kind() {
        ValueKind::Json if matches!(operand, Constant::Float(_)) => ValueKind::Double,
        ValueKind::Int | ValueKind::Json => ValueKind::Int,
        _ => ValueKind::Double,
    }
}

/// Checks `and` and `or`. If a constant decides the result, the other side isn't checked, as in `VisitLogicalAnd` and
/// `VisitLogicalOr`.
pub(crate) fn joined(left: Node, right: Node, is_or: bool) -> Checked {
    let name = if is_or { "or" } else { "and" };
    let refused =
        || format!("'{name}' can only be used between boolean expressions, as in b == true");
    let (left, right) = match (left, right) {
        (Node::Constant(Constant::Bool(one)), Node::Constant(Constant::Bool(other))) => {
            let is = if is_or { one || other } else { one && other };
            return Ok(Node::Constant(Constant::Bool(is)));
        }
        (Node::Constant(Constant::Bool(is)), other)
        | (other, Node::Constant(Constant::Bool(is))) => {
            return match other {
                Node::Constant(_) | Node::Param(_) => Err(refused()),
                _ if is == is_or => Ok(Predicate::Constant(is).into()),
                Node::Predicate(_) => Ok(other),
                _ => Err(refused()),
            };
        }
        (Node::Predicate(left), Node::Predicate(right)) => (left, right),
        _ => return Err(refused()),
    };
    let mut parts = match (left, is_or) {
        (Predicate::Any(parts), true) | (Predicate::All(parts), false) => parts,
        (left, _) => vec![left],
    };
    parts.push(right);
    let joined = if is_or {
        Predicate::Any(parts)
    } else {
        Predicate::All(parts)
    };
    Ok(joined.into())
}

/// Checks `not` (`VisitUnary`).
pub(crate) fn negated(node: Node) -> Checked {
    match node {
        Node::Predicate(predicate) => Ok(Predicate::Not(Box::new(predicate)).into()),
        Node::Constant(Constant::Bool(is)) => Ok(Node::Constant(Constant::Bool(!is))),
        _ => Err(
            "not op can only be applied on boolean expression; it binds tighter than comparisons, as in not (a == 1)"
                .to_owned(),
        ),
    }
}

/// Checks `==`, `<` … (`VisitEquality`, `VisitRelational`, utils.go: `HandleCompare`).
pub(crate) fn compared(left: Node, relation: Relation, right: Node) -> Checked {
    let is_equality = matches!(relation, Relation::Equal | Relation::NotEqual);
    let has_param = matches!((&left, &right), (Node::Param(_), _) | (_, Node::Param(_)));
    if let (Some(one), Some(other)) = (left.constant(), right.constant()) {
        if has_param {
            return Err("a value of exprParams can't be compared with a constant".to_owned());
        }
        let is_ordered = is_equality || !matches!(one, Constant::Bool(_));
        let order = one.order(other).filter(|_| is_ordered);
        let order = order.ok_or_else(|| format!("{one} and {other} can't be compared"))?;
        return Ok(Node::Constant(Constant::Bool(relation.holds(order))));
    }
    if !is_equality && (left.is_whole_array() || right.is_whole_array()) {
        return Err("arrays can only be compared by == and !=, or by an element".to_owned());
    }
    let empty =
        |node: &Node| matches!(node.constant(), Some(Constant::List(values)) if values.is_empty());
    let is_empty_list =
        (left.is_whole_array() && empty(&right)) || (empty(&left) && right.is_whole_array());
    if !has_param && !is_empty_list && !left.kind().is_comparable(right.kind()) {
        return Err(format!(
            "comparisons between {} and {} are not supported",
            left.kind().name(),
            right.kind().name()
        ));
    }
    match (left, right) {
        (Node::Constant(constant) | Node::Param(constant), node) => {
            compared_with(node, relation.turned(), constant)
        }
        (node, Node::Constant(constant) | Node::Param(constant)) => {
            compared_with(node, relation, constant)
        }
        // utils.go: handleCompare.
        (Node::Field(one), Node::Field(other)) => {
            let is_json = |kind| matches!(kind, ValueKind::Json | ValueKind::Array);
            if is_json(one.kind) || is_json(other.kind) {
                let why = "two column comparison with JSON or array type is not supported";
                return Err(why.to_owned());
            }
            Ok(Predicate::Fields(one, relation, other).into())
        }
        _ => Err("a field is compared with a constant or another field".to_owned()),
    }
}

/// Checks a comparison with a constant (utils.go: handleCompareRightValue).
fn compared_with(node: Node, relation: Relation, constant: Constant) -> Checked {
    let predicate = match node {
        Node::Field(field) => {
            let constant = field.value_kind().cast(constant)?;
            Predicate::Compare(field, None, relation, constant)
        }
        Node::Operation(field, operator, operand) => {
            let constant = operation_kind(&field, &operand).cast(constant)?;
            Predicate::Compare(field, Some((operator, operand)), relation, constant)
        }
        Node::Length(field) => match ValueKind::Int.cast(constant)? {
            Constant::Int(length) => Predicate::Length(field, relation, length),
            other => return Err(format!("an array's length can't be compared with {other}")),
        },
        _ => return Err("a condition can't be compared with a constant".to_owned()),
    };
    Ok(predicate.into())
}

/// Checks ranges such as `1 < field <= 5` and `5 >= field > 1` (`VisitRange`, `VisitReverseRange`). The relations are
/// those of each side to the middle.
pub(crate) fn ranged(
    left: Node,
    first: Relation,
    field: FieldRef,
    second: Relation,
    right: Node,
) -> Checked {
    field.check_not_whole()?;
    let (Some(left), Some(right)) = (left.into_constant(), right.into_constant()) else {
        return Err("the bounds of a range must be constants".to_owned());
    };
    let kind = field.value_kind();
    if matches!(kind, ValueKind::Bool | ValueKind::Other | ValueKind::Array) {
        return Err("invalid range operations: the field has no order".to_owned());
    }
    let (left, right) = (kind.cast(left)?, kind.cast(right)?);
    let order = left.order(&right);
    let order = order.ok_or("invalid range: bounds are not comparable")?;
    if matches!(left, Constant::Bool(_)) {
        return Err("invalid range operations on boolean expr".to_owned());
    }
    let is_upward = matches!(first, Relation::Less | Relation::LessEqual);
    let order = if is_upward { order } else { order.reverse() };
    let inclusive = matches!(first, Relation::LessEqual | Relation::GreaterEqual)
        && matches!(second, Relation::LessEqual | Relation::GreaterEqual);
    if order == Ordering::Greater || (order == Ordering::Equal && !inclusive) {
        return Err("invalid range: lowerbound is greater than upperbound".to_owned());
    }
    // An array's element is compared in 64 bits here (BinaryRangeExpr.cpp), like the result of an operation.
    let widen = (field.index.is_some() && field.element == ValueKind::Single)
        .then_some((Operator::Add, Constant::Float(0.0)));
    Ok(Predicate::All(vec![
        Predicate::Compare(field.clone(), widen.clone(), first.turned(), left),
        Predicate::Compare(field, widen, second, right),
    ])
    .into())
}

/// Checks `in` (`VisitTerm`).
pub(crate) fn is_in(node: Node, list: Node) -> Checked {
    let Node::Field(field) = node else {
        return Err("'in' can only be used on a single field".to_owned());
    };
    let Some(Constant::List(values)) = list.into_constant() else {
        return Err("the right-hand side of 'in' must be a list, as in [1, 2]".to_owned());
    };
    let kind = field.value_kind();
    if kind == ValueKind::Other {
        return Err("'in' is not supported for fields of this type".to_owned());
    }
    let values: Result<Vec<_>, _> = values.into_iter().map(|value| kind.cast(value)).collect();
    let values = values.map_err(|why| format!("a value of the list doesn't fit: {why}"))?;
    let is_list = |value: &Constant| matches!(value, Constant::List(_));
    let (lists, scalars): (Vec<_>, Vec<_>) = values.into_iter().partition(is_list);
    // A single value is compared like with `==` (rewriter/entry.go: visitTermExpr).
    let is_single = kind == ValueKind::Single && (field.index.is_none() || scalars.len() == 1);
    let no_lists = lists.is_empty();
    let equal = |list| Predicate::Compare(field.clone(), None, Relation::Equal, list);
    let mut parts: Vec<_> = lists.into_iter().map(equal).collect();
    if no_lists || !scalars.is_empty() {
        let mut members = Members::new(scalars);
        if is_single {
            members.round();
        }
        parts.push(Predicate::In(field, members));
    }
    let only = if parts.len() == 1 { parts.pop() } else { None };
    Ok(only.unwrap_or(Predicate::Any(parts)).into())
}

/// Checks `like` (`VisitLike`).
pub(crate) fn is_like(node: Node, pattern: Node) -> Checked {
    let Node::Field(field) = node else {
        return Err("like takes a single field".to_owned());
    };
    field.check_not_whole()?;
    if !matches!(field.value_kind(), ValueKind::Text | ValueKind::Json) {
        return Err("like operation on non-string or no-json field is unsupported".to_owned());
    }
    match pattern.into_constant() {
        Some(Constant::Text(pattern)) => {
            Ok(Predicate::Like(field, Pattern::parse(&pattern)?).into())
        }
        _ => Err("like takes a text, as in name like \"a%\"".to_owned()),
    }
}

/// Checks `exists` (`VisitExists`), which is also the meaning of `is not null` for a key.
pub(crate) fn exists(node: Node) -> Checked {
    match node {
        Node::Field(field) if field.kind == ValueKind::Json && !field.keys.is_empty() => {
            Ok(Predicate::Exists(field).into())
        }
        _ => Err("exists takes a key of a JSON field, as in exists doc[\"a\"]".to_owned()),
    }
}

/// Checks `json_contains`, `array_contains` and their variants (`VisitJSONContains` …, utils.go: checkContainsElement).
pub(crate) fn contains(node: Node, values: Node, quantity: Option<Quantity>) -> Checked {
    let field = match node {
        Node::Field(field) if field.kind == ValueKind::Json || field.is_whole_array() => field,
        _ => return Err("contains operations take a JSON or array field".to_owned()),
    };
    let values = match (quantity, values.into_constant()) {
        (None, Some(value)) => vec![value],
        (Some(_), Some(Constant::List(values))) => values,
        (Some(_), Some(_)) => return Err("a list of values is expected, as in [1, 2]".to_owned()),
        (_, None) => return Err("contains operations take constants".to_owned()),
    };
    let kind = if field.kind == ValueKind::Json {
        ValueKind::Json
    } else {
        field.element
    };
    let values: Result<_, _> = values.into_iter().map(|value| kind.cast(value)).collect();
    Ok(Predicate::Contains(field, quantity.unwrap_or(Quantity::Any), values?).into())
}
