//! Functions that compute fields. They are stored and checked, but never run.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::describe::pairs;
use super::node::SchemaNode;
use super::{DataType, Field, Schema, SchemaError};

/// Property that permits primary keys in rows although autoId is on.
const ALLOW_AUTO_ID: &str = "allow_insert_auto_id";

/// Collection property that permits values in rows for the outputs of functions other than BM25.
const ALLOW_OUTPUTS: &str = "collection.function.allowInsertNonBM25FunctionOutputs";

/// Supported function types, with their numbers in Milvus' responses (`schemapb.FunctionType`).
const TYPES: [(&str, i64); 3] = [("BM25", 1), ("TextEmbedding", 2), ("MinHash", 4)];

/// A function of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SchemaFunction {
    /// Name of the function.
    pub name: String,
    /// `BM25`, `TextEmbedding` or `MinHash`.
    pub kind: String,
    /// Names of the input fields.
    pub inputs: Vec<String>,
    /// Names of the fields that the function computes.
    pub outputs: Vec<String>,
    /// Description in free text.
    pub description: String,
    /// Settings of the function.
    pub params: Vec<(String, String)>,
}

/// Kind of function that computes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FunctionOutput {
    /// BM25. Rows never have a value, and queries never return the field.
    Bm25,
    /// Another function. Rows may have a value if the collection allows it.
    Other,
}

impl SchemaFunction {
    pub(super) fn read(node: SchemaNode<'_>) -> Result<Self, SchemaError> {
        let text = |key: &str| Ok(node.text(&[key])?.unwrap_or_default().to_owned());
        let kind = match node.get(&["type"]) {
            // Milvus' descriptions contain the type's number.
            Some(Value::Number(number)) => TYPES
                .iter()
                .find(|(_, code)| number.as_i64() == Some(*code))
                .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned()),
            _ => text("type")?,
        };
        Ok(Self {
            name: text("name")?,
            kind,
            inputs: node.texts(&["inputFieldNames"])?,
            outputs: node.texts(&["outputFieldNames"])?,
            description: text("description")?,
            params: node.params(&["params"])?,
        })
    }

    /// Describes the function as in a `describe` response (Milvus: `httpserver/utils.go`, `printFunctionDetails`).
    fn describe(&self, number: usize) -> Value {
        let code = TYPES.iter().find(|(name, _)| *name == self.kind);
        json!({
            "name": self.name,
            "description": self.description,
            "type": code.map(|(_, code)| *code),
            "id": 100 + number,
            "inputFieldNames": self.inputs,
            "outputFieldNames": self.outputs,
            "params": pairs(&self.params),
        })
    }

    /// Checks the function without its fields (Milvus: `function/validator`, `CheckFunctionBasicParams`).
    fn check(&self) -> Result<(), SchemaError> {
        let missing = |what: &str| {
            let problem = format!("function {:?}: {what}", self.name);
            Err(SchemaError::Missing(problem))
        };
        if self.name.is_empty() {
            return missing("its name is empty");
        }
        if !TYPES.iter().any(|(name, _)| *name == self.kind) {
            return Err(self.rule(&format!(
                "unsupported function type {:?}; the types are BM25, TextEmbedding and MinHash",
                self.kind
            )));
        }
        for (what, names) in [
            ("inputFieldNames", &self.inputs),
            ("outputFieldNames", &self.outputs),
        ] {
            if names.is_empty() || names.iter().any(String::is_empty) {
                return missing(&format!("{what} is empty or has an empty name"));
            }
            let twice = (1..)
                .zip(names)
                .find(|(next, name)| names[*next..].contains(name));
            if let Some((_, name)) = twice {
                return Err(self.rule(&format!("{what} has {name:?} twice")));
            }
        }
        match (self.kind.as_str(), self.params.is_empty()) {
            ("BM25", false) => Err(self.rule("a BM25 function takes no params")),
            ("TextEmbedding", true) => Err(self.rule("a TextEmbedding function needs params")),
            _ => Ok(()),
        }
    }

    fn rule(&self, problem: &str) -> SchemaError {
        SchemaError::Rule(format!("function {:?}: {problem}", self.name))
    }

    /// Checks an input field (Milvus: `CheckFunctionInputField`).
    fn check_input(&self, field: &Field) -> Result<(), SchemaError> {
        if !matches!(field.data_type, DataType::VarChar { .. } | DataType::Text) {
            return Err(self.rule(&format!(
                "the input field {:?} must be VarChar or Text, found {}",
                field.name, field.data_type
            )));
        }
        if self.kind == "TextEmbedding" && field.nullable {
            let name = &field.name;
            return Err(self.rule(&format!("the input field {name:?} can't be nullable")));
        }
        let mut params = field.params.iter();
        let analyzed = params.any(|(key, value)| key == "enable_analyzer" && is_true(value));
        if self.kind == "BM25" && !analyzed {
            return Err(self.rule(&format!(
                "the input field {:?} must have enable_analyzer: true in elementTypeParams",
                field.name
            )));
        }
        Ok(())
    }

    /// Checks an output field (Milvus: `ValidateFunction`, `CheckFunctionOutputField`, `TextEmbeddingOutputsCheck`).
    fn check_output(&self, field: &Field) -> Result<(), SchemaError> {
        let problem = if field.primary {
            "can't be the primary key"
        } else if field.partition_key || field.clustering_key {
            "can't be the partition key or the clustering key"
        } else if field.nullable {
            "can't be nullable"
        } else {
            match (self.kind.as_str(), &field.data_type) {
                ("BM25", DataType::SparseFloatVector)
                | ("MinHash", DataType::BinaryVector { .. })
                | ("TextEmbedding", DataType::FloatVector { .. } | DataType::Int8Vector { .. }) => {
                    return Ok(());
                }
                ("BM25", _) => "must be a SparseFloatVector",
                ("MinHash", _) => "must be a BinaryVector",
                _ => "must be a FloatVector or an Int8Vector",
            }
        };
        Err(self.rule(&format!("the output field {:?} {problem}", field.name)))
    }
}

impl Schema {
    /// Sets the flags of fields that follow from properties and functions.
    pub(super) fn marked(mut self) -> Self {
        let is_allowed = |property| self.property(property).is_some_and(is_true);
        let (keys, outputs) = (is_allowed(ALLOW_AUTO_ID), is_allowed(ALLOW_OUTPUTS));
        for field in &mut self.fields {
            field.takes_values = keys || !field.auto_id;
            let mut functions = self.functions.iter();
            let function = functions.find(|it| it.outputs.contains(&field.name));
            let Some(function) = function else {
                continue;
            };
            let is_bm25 = function.kind == "BM25";
            field.takes_values = outputs && !is_bm25;
            field.output = Some(if is_bm25 {
                FunctionOutput::Bm25
            } else {
                FunctionOutput::Other
            });
        }
        self
    }

    /// Checks the functions and the fields that they name.
    pub(super) fn check_functions(&self) -> Result<(), SchemaError> {
        for (number, function) in self.functions.iter().enumerate() {
            function.check()?;
            let others = self.functions.get(..number).unwrap_or_default();
            if others.iter().any(|other| other.name == function.name) {
                return Err(function.rule("another function has the same name"));
            }
            let ([input], [output]) = (&function.inputs[..], &function.outputs[..]) else {
                return Err(function.rule("one input field and one output field are needed"));
            };
            let named = |name: &str, what: &str| {
                let missing = || format!("the {what} field {name:?} isn't in the schema");
                self.field(name).ok_or_else(|| function.rule(&missing()))
            };
            function.check_input(named(input, "input")?)?;
            if self.functions.iter().any(|it| it.outputs.contains(input)) {
                let problem = format!("the input field {input:?} is the output of a function");
                return Err(function.rule(&problem));
            }
            function.check_output(named(output, "output")?)?;
            if others.iter().any(|it| it.outputs.contains(output)) {
                let problem = format!("another function computes the field {output:?}");
                return Err(function.rule(&problem));
            }
        }
        Ok(())
    }

    /// Returns the `functions[]` of a `describe` response.
    pub(crate) fn to_describe_functions(&self) -> Vec<Value> {
        let functions = self.functions.iter().enumerate();
        functions
            .map(|(number, function)| function.describe(number))
            .collect()
    }
}

/// Returns true if Go's `strconv.ParseBool` reads the text as true.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}
