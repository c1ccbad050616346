//! Values: a filter's constants, a row's values, and how they're compared and calculated with.
//!
//! Integers and floats are compared exactly, as in segcore (exec/expression/JsonNumberComparison.h, UnaryExpr.cpp).

use std::cmp::Ordering;

/// A value from a filter's text or from `exprParams`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Constant>),
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar<'r> {
    Bool(bool),
    Int(i64),
    /// A value of a `Float` field; constants are rounded to its width.
    Single(f32),
    Float(f64),
    Text(&'r str),
}

/// A relation of two values, parsed from its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
pub(crate) enum Relation {
    #[strum(serialize = "==")]
    Equal,
    #[strum(serialize = "!=")]
    NotEqual,
    #[strum(serialize = "<")]
    Less,
    #[strum(serialize = "<=")]
    LessEqual,
    #[strum(serialize = ">")]
    Greater,
    #[strum(serialize = ">=")]
    GreaterEqual,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    BitAnd,
    BitOr,
    BitXor,
}

impl Relation {
    /// Returns true if both relations point in the same direction, so they make a range.
    pub(super) fn makes_range(self, other: Self) -> bool {
        let upward = |relation| matches!(relation, Self::Less | Self::LessEqual);
        let downward = |relation| matches!(relation, Self::Greater | Self::GreaterEqual);
        (upward(self) && upward(other)) || (downward(self) && downward(other))
    }

    /// Returns true if the relation holds for two values in this order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }

    /// Returns the relation with its sides exchanged.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            same => same,
        }
    }
}

impl Operator {
    /// Returns true for operations that only integers have.
    pub(crate) fn is_integral(self) -> bool {
        use Operator::{Add, Divide, Multiply, Subtract};
        !matches!(self, Add | Subtract | Multiply | Divide)
    }

    /// Calculates with integers, which wrap around as in Go and C++; returns `None` for a division by zero.
    fn integers(self, one: i64, other: i64) -> Option<i64> {
        Some(match self {
            Self::Divide | Self::Modulo if other == 0 => return None,
            Self::Add => one.wrapping_add(other),
            Self::Subtract => one.wrapping_sub(other),
            Self::Multiply => one.wrapping_mul(other),
            Self::Divide => one.wrapping_div(other),
            Self::Modulo => one.wrapping_rem(other),
            Self::BitAnd => one & other,
            Self::BitOr => one | other,
            Self::BitXor => one ^ other,
        })
    }

    fn floats(self, one: f64, other: f64) -> Option<f64> {
        Some(match self {
            Self::Add => one + other,
            Self::Subtract => one - other,
            Self::Multiply => one * other,
            Self::Divide => one / other,
            // This is C++'s fmod, which segcore calls for JSON numbers with a fraction.
            Self::Modulo => one % other,
            _ => self.integers(truncated(one), truncated(other))? as f64,
        })
    }

    /// Calculates with a row's number and a constant; returns `None` for values of other types.
    pub(crate) fn row<'r>(self, value: Scalar<'r>, operand: &Constant) -> Option<Scalar<'r>> {
        match (value, operand) {
            (Scalar::Int(one), Constant::Int(other)) => self.integers(one, *other).map(Scalar::Int),
            (Scalar::Single(one), Constant::Float(other)) => {
                // Segcore's result has 32-bit operands and is rounded once. Calculating in 64 bits and rounding at the
                // end is equal.
                let result = self.floats(one.into(), single(*other).into())?;
                Some(Scalar::Single(single(result)))
            }
            (value, operand) => {
                let result = self.floats(value.number()?, operand.number()?)?;
                Some(Scalar::Float(result))
            }
        }
    }

    /// Calculates with two constants (planparserv2/operators.go).
    pub(crate) fn constants(self, one: &Constant, other: &Constant) -> Option<Constant> {
        match (one, other) {
            (Constant::Int(one), Constant::Int(other)) => {
                self.integers(*one, *other).map(Constant::Int)
            }
            _ if self.is_integral() => None,
            _ => {
                let divisor = other.number()?;
                if self == Self::Divide && divisor == 0.0 {
                    return None;
                }
                self.floats(one.number()?, divisor).map(Constant::Float)
            }
        }
    }
}

/// Raises a constant to a power (planparserv2/operators.go: Power).
pub(crate) fn power(base: &Constant, exponent: &Constant) -> Option<Constant> {
    let result = base.number()?.powf(exponent.number()?);
    Some(match (base, exponent) {
        (Constant::Int(_), Constant::Int(0..)) if result <= i64::MAX as f64 => {
            Constant::Int(truncated(result))
        }
        _ => Constant::Float(result),
    })
}

impl Constant {
    fn scalar(&self) -> Option<Scalar<'_>> {
        Some(match self {
            Self::Bool(is) => Scalar::Bool(*is),
            Self::Int(value) => Scalar::Int(*value),
            Self::Float(value) => Scalar::Float(*value),
            Self::Text(text) => Scalar::Text(text),
            Self::List(_) => return None,
        })
    }

    pub(crate) fn number(&self) -> Option<f64> {
        self.scalar()?.number()
    }

    /// Returns the order of two constants of one kind; integers and floats are one kind.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        self.scalar()?.order(other)
    }
}

impl Scalar<'_> {
    fn number(self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(value as f64),
            Self::Single(value) => Some(value.into()),
            Self::Float(value) => Some(value),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// Returns the order of a row's value and a constant; `None` if their kinds differ or a value is NaN.
    pub(crate) fn order(self, constant: &Constant) -> Option<Ordering> {
        match (self, constant) {
            (Self::Bool(one), Constant::Bool(other)) => Some(one.cmp(other)),
            (Self::Text(one), Constant::Text(other)) => Some(one.cmp(other.as_str())),
            (Self::Int(one), Constant::Int(other)) => Some(one.cmp(other)),
            (Self::Single(one), Constant::Float(other)) => one.partial_cmp(&single(*other)),
            (Self::Float(one), Constant::Int(other)) => {
                int_and_float(*other, one).map(Ordering::reverse)
            }
            (one, other) => one.number()?.partial_cmp(&other.number()?),
        }
    }

    /// Returns the order of two fields' values, converted as in C++ (exec/expression/CompareExpr.h).
    pub(crate) fn order_of_fields(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(&other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(_), _) | (_, Self::Float(_)) => {
                self.number()?.partial_cmp(&other.number()?)
            }
            (one, other) => single(one.number()?).partial_cmp(&single(other.number()?)),
        }
    }
}

/// Compares exactly, even if the integer has no exact float.
fn int_and_float(int: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let order = int.cmp(&truncated(float));
        Some(order.then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
    }
}

/// Returns a float without a fraction as an integer; `None` for other floats.
pub(crate) fn whole(float: f64) -> Option<i64> {
    let int = truncated(float);
    (int_and_float(int, float) == Some(Ordering::Equal)).then_some(int)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as C++ converts a float to an integer"
)]
fn truncated(float: f64) -> i64 {
    float as i64
}

/// Rounds to the width of a `Float` field.
#[expect(clippy::cast_possible_truncation, reason = "the field has that width")]
pub(crate) fn single(float: f64) -> f32 {
    float as f32
}

/// Formats a constant for error messages.
impl std::fmt::Display for Constant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(is) => write!(f, "{is}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(_) => f.write_str("a list"),
        }
    }
}
