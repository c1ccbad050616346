//! Settings of the prompt that `config.toml` keeps.

use serde::Deserialize;
use serde::de::Error;
use toml::{Spanned, Value};

/// A setting in `[prompt]`, for example `output = "json"` or `timing = true`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Spanned<Value>")]
pub(crate) struct KeptSetting {
    /// The value as `:set` takes it: `true` is `on`, `false` is `off`.
    pub value: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    offset: usize,
}

impl KeptSetting {
    /// Sets the line from the file's text.
    pub(super) fn locate(&mut self, text: &str) {
        self.line = super::line_of(text, self.offset);
    }
}

impl TryFrom<Spanned<Value>> for KeptSetting {
    type Error = toml::de::Error;

    fn try_from(given: Spanned<Value>) -> Result<Self, Self::Error> {
        let value = match given.get_ref() {
            Value::Boolean(true) => "on".to_owned(),
            Value::Boolean(false) => "off".to_owned(),
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            _ => {
                return Err(Self::Error::custom(
                    "a setting of [prompt] is a text, a number, true or false",
                ));
            }
        };
        Ok(Self {
            value,
            line: 1,
            offset: given.span().start,
        })
    }
}
