//! The result of a check.

use super::findings::{Findings, Level};
use super::{CheckCount, CheckRequest};
use crate::formats::Schema;
use serde_json::{Map, Value, json};

/// The result of a check, in its JSON form.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    json: Value,
    /// True if a file couldn't be read.
    pub(crate) unreadable: bool,
}

impl Report {
    pub(super) fn new(request: &CheckRequest, count: &CheckCount, found: Findings) -> Self {
        let errors = found.list(Level::Error);
        let warnings = found.list(Level::Warning);
        let mut notes = Vec::new();
        if let Some(rows) = request.sample {
            notes.push(format!(
                "only a sample of about {rows} rows of each file was checked"
            ));
        }
        if let Some((shard, shards)) = request.shard {
            notes.push(format!("shard {} of {shards}", shard + 1));
            if request.keys_out.is_none() {
                notes.push("duplicates not checked across shards".to_owned());
            }
        }
        let json = json!({
            "ok": errors.is_empty() && (warnings.is_empty() || !request.strict),
            "files": count.files,
            "rows": count.rows,
            "bytes": count.bytes,
            "schema": create_form(&request.schema),
            "errors": errors,
            "warnings": warnings,
            "notes": notes,
        });
        Self {
            json,
            unreadable: found.unreadable,
        }
    }

    /// Returns the stable form: `ok`, `files`, `rows`, `bytes`, `schema`, `errors`, `warnings`, `notes`.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// Returns true if the import would succeed.
    pub(crate) fn is_ok(&self) -> bool {
        self.json.get("ok") == Some(&Value::Bool(true))
    }
}

/// Returns a schema as the create call takes it.
fn create_form(schema: &Schema) -> Value {
    let described = json!({
        "enableDynamicField": schema.dynamic,
        "autoId": schema.auto_id(),
        "fields": schema.to_describe_fields(),
        "structFields": schema.to_describe_structs(),
    });
    let described = described.as_object().cloned().unwrap_or_default();
    let body = crate::api::collection_copy::create_body(&described);
    let mut body: Map<String, Value> = body.unwrap_or(described);
    body.shift_remove("schema").unwrap_or(Value::Object(body))
}
