//! Checks arithmetic in filters by the rules of Milvus' visitor (internal/parser/planparserv2: `parser_visitor.go`,
//! utils.go).

use super::check::{Checked, Node, operation_kind};
use super::value::{Constant, Operator, power};

/// Checks `+` and `-` before a value (`VisitUnary`).
pub(crate) fn signed(node: Node, sign: &str) -> Checked {
    match (sign, node) {
        ("+", Node::Field(field)) => field.check_not_whole().map(|()| Node::Field(field)),
        ("+", node) => Ok(node),
        ("-", Node::Constant(Constant::Int(value))) => {
            Ok(Node::Constant(Constant::Int(value.wrapping_neg())))
        }
        ("-", Node::Constant(Constant::Float(value))) => {
            Ok(Node::Constant(Constant::Float(-value)))
        }
        _ => Err(format!("{sign:?} is only allowed before a number")),
    }
}

/// Checks `**` (`VisitPower`).
pub(crate) fn raised(left: &Node, right: &Node) -> Checked {
    let both = left.constant().zip(right.constant());
    let result = both.and_then(|(base, exponent)| power(base, exponent));
    Ok(Node::Constant(
        result.ok_or("power can only apply on constants")?,
    ))
}

/// Checks arithmetic with two constants, or with one field and one constant (`VisitAddSub`, `VisitMulDivMod`,
/// visitBitwiseBinaryOp, utils.go: handleBinaryArithExpr).
pub(crate) fn calculated(left: Node, operator: Operator, right: Node) -> Checked {
    if let (Some(one), Some(other)) = (left.constant(), right.constant()) {
        if matches!((&left, &right), (Node::Param(_), _) | (_, Node::Param(_))) {
            return Err("a value of exprParams can't be calculated with a constant".to_owned());
        }
        let result = operator.constants(one, other).map(Node::Constant);
        return result.ok_or_else(|| format!("{one} and {other} can't be calculated with"));
    }
    let (own, other) = if left.constant().is_some() {
        (right.kind(), left.kind())
    } else {
        (left.kind(), right.kind())
    };
    if left.is_whole_array() || right.is_whole_array() {
        return Err("arrays can't be calculated with".to_owned());
    }
    if !own.is_calculable(other) {
        return Err(format!(
            "{} can't be calculated with {}",
            own.name(),
            other.name()
        ));
    }
    if operator.is_integral() && (own.is_float() || other.is_float()) {
        return Err("modulo and bitwise operations can only apply on integer types".to_owned());
    }
    let commutes = matches!(operator, Operator::Add | Operator::Multiply);
    let (field, operand) = match (left, right) {
        (Node::Field(_), Node::Field(_)) => {
            let why = "not supported to do arithmetic operations between multiple fields";
            return Err(why.to_owned());
        }
        (Node::Field(field), Node::Constant(operand) | Node::Param(operand)) => (field, operand),
        (Node::Constant(operand) | Node::Param(operand), Node::Field(field)) if commutes => {
            (field, operand)
        }
        (Node::Constant(_) | Node::Param(_), Node::Field(_)) => {
            return Err("only + and * take the constant before the field".to_owned());
        }
        _ => {
            return Err(
                "complicated arithmetic operations are not supported: one field, one operator and one constant are"
                    .to_owned(),
            );
        }
    };
    let operand = operation_kind(&field, &operand).cast(operand)?;
    if matches!(operator, Operator::Divide | Operator::Modulo) && operand.number() == Some(0.0) {
        return Err("division or modulus by zero".to_owned());
    }
    Ok(Node::Operation(field, operator, operand))
}
