//! The result of a check.

use super::findings::{FindingLevel, Findings};
use super::{CheckCount, CheckRequest};
use crate::formats::Schema;
use serde_json::{Map, Value, json};

/// The result of a check, in its JSON form.
#[derive(Clone, Debug)]
pub(crate) struct CheckReport {
    json: Value,
    /// True if a file couldn't be read.
    pub(crate) unreadable: bool,
}

impl CheckReport {
    pub(super) fn new(request: &CheckRequest, count: &CheckCount, found: Findings) -> Self {
        let mut notes = Vec::new();
        let shard = request.shard.map(|(no, of)| format!("{}/{of}", no + 1));
        if let Some(shard) = &shard {
            notes.push(format!("only shard {shard} was checked"));
            notes.push("duplicates not checked across shards".to_owned());
        }
        let schema = create_form(&request.schema);
        let mut report = Self::of(count, found, schema, request.sample, notes, request.strict);
        let keys = request.keys_out.as_ref();
        report.json["shard"] = shard.into();
        report.json["keys"] = keys.map(|path| path.to_string_lossy()).into();
        report
    }

    /// Returns a report without shard and keys.
    pub(super) fn of(
        count: &CheckCount,
        found: Findings,
        schema: Value,
        sample: Option<u64>,
        mut notes: Vec<String>,
        strict: bool,
    ) -> Self {
        if let Some(rows) = sample {
            let note = format!("only a sample of about {rows} rows of each file was checked");
            notes.insert(0, note);
        }
        let errors = found.list(FindingLevel::Error);
        let warnings = found.list(FindingLevel::Warning);
        let json = json!({
            "ok": errors.is_empty() && (warnings.is_empty() || !strict),
            "files": count.files,
            "rows": count.rows,
            "bytes": count.bytes,
            "schema": schema,
            "errors": errors,
            "warnings": warnings,
            "notes": notes,
            "sample": sample,
            "shard": null,
            "keys": null,
            "parts": found.list_parts(),
        });
        Self {
            json,
            unreadable: found.unreadable,
        }
    }

    /// Returns the stable form: `ok`, `files`, `rows`, `bytes`, `schema`, `errors`, `warnings`, `notes`, `sample`,
    /// `shard`, `keys`, `parts`.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// Returns true if the import would succeed.
    pub(crate) fn is_ok(&self) -> bool {
        self.json.get("ok") == Some(&Value::Bool(true))
    }
}

/// Returns a schema as the create call takes it.
pub(super) fn create_form(schema: &Schema) -> Value {
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
