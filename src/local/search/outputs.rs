//! The fields that a query or search returns, and the rows of its answer.

use crate::formats::batch::META;
use crate::formats::schema::FunctionOutput;
use crate::formats::{Field, Schema};
use crate::local::http::call::Data;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The rows of an answer.
#[derive(Debug, Default)]
pub(crate) struct FoundRows {
    /// The text inside the braces of each row's JSON object. As values they would take many times the memory.
    pub(crate) rows: Vec<String>,
    /// Number of rows of each vector of a search; empty if the answer has no such numbers.
    pub(crate) topks: Vec<usize>,
}

impl From<Vec<String>> for FoundRows {
    fn from(rows: Vec<String>) -> Self {
        let topks = Vec::new();
        Self { rows, topks }
    }
}

impl Data for FoundRows {
    fn write(self, text: &mut String) {
        let size = self.rows.iter().map(|row| row.len() + 3).sum();
        text.reserve(size);
        text.push('[');
        for (no, row) in self.rows.into_iter().enumerate() {
            text.push_str(if no == 0 { "{" } else { ",{" });
            text.push_str(&row);
            text.push('}');
        }
        text.push(']');
        if !self.topks.is_empty() {
            // Appended as a key of its own beside `data`. Writing to a string can't fail.
            _ = write!(text, ",\"topks\":{:?}", self.topks);
        }
    }
}

/// The fields of each row to return.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    /// Fields by their number in the schema; the primary key is always included.
    pub(super) fields: BTreeSet<usize>,
    /// Whether all dynamic fields are returned.
    pub(super) all_dynamic: bool,
    /// Names of the dynamic fields to return.
    pub(super) dynamic: Vec<String>,
    /// Names that are never written, even if requested.
    left_out: Vec<String>,
}

impl Outputs {
    /// Parses a list of names: `*`, fields, `$meta`, dynamic fields. Returns the problem with the list as a message.
    pub(crate) fn parse(names: &[String], schema: &Schema) -> Result<Self, String> {
        let primary = schema.fields.iter().position(|field| field.primary);
        let mut outputs = Self::default();
        outputs.fields.extend(primary);
        for name in names {
            let field = schema.fields.iter().position(|field| field.name == *name);
            match (name.as_str(), field) {
                ("count(*)", _) => {
                    return Err("count(*) must be the only name in outputFields".to_owned());
                }
                ("*", _) => {
                    let fields = schema.fields.iter().enumerate();
                    let kept = fields.filter(|(_, field)| !is_unreadable(field));
                    outputs.fields.extend(kept.map(|(number, _)| number));
                    outputs.all_dynamic = schema.dynamic;
                }
                (_, Some(field)) => {
                    if schema.fields.get(field).is_some_and(is_unreadable) {
                        return Err(format!("not allowed to retrieve raw data of field {name}"));
                    }
                    outputs.fields.insert(field);
                }
                (META, None) if schema.dynamic => outputs.all_dynamic = true,
                (_, None) if schema.dynamic => outputs.dynamic.push(name.clone()),
                (_, None) => return Err(format!("field {name} not exist")),
            }
        }
        Ok(outputs)
    }

    /// Excludes a name, whether it's a field or a dynamic field.
    pub(crate) fn leave_out(&mut self, name: &str, schema: &Schema) {
        let field = schema.fields.iter().position(|field| field.name == name);
        if let Some(field) = field {
            self.fields.remove(&field);
        }
        self.left_out.push(name.to_owned());
    }

    /// Returns true if the dynamic field with this key is returned.
    pub(super) fn has_key(&self, key: &String) -> bool {
        (self.all_dynamic || self.dynamic.contains(key)) && !self.left_out.contains(key)
    }
}

/// Returns true for the output of a BM25 function, which no query returns (Milvus: proxy/util.go, `translateOutputFields`).
fn is_unreadable(field: &Field) -> bool {
    field.output == Some(FunctionOutput::Bm25)
}
