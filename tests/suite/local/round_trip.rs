//! Rows that are written in a format, imported, and queried are equal, for every field type and extreme values.

use crate::local::harness::{Local, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use half::{bf16, f16};
use serde_json::{Value, json};

fn create(local: &Local) {
    let field = |name: &str, kind: &str, params: Value| json!({ "fieldName": name, "dataType": kind, "elementTypeParams": params });
    let array = |name: &str, element: &str| {
        json!({ "fieldName": name, "dataType": "Array", "elementDataType": element,
            "elementTypeParams": { "max_capacity": 8, "max_length": 40 } })
    };
    let maybe = |kind: &str| {
        json!({ "fieldName": format!("maybe_{kind}"), "dataType": kind, "nullable": true,
        "elementTypeParams": { "max_length": 40 } })
    };
    let indexes = ["floats", "bits", "halves", "brains", "bytes", "sparse"]
        .map(|name| json!({ "fieldName": name }));
    let body = json!({ "collectionName": "c", "schema": { "enableDynamicField": true, "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        field("bool", "Bool", json!({})), field("int8", "Int8", json!({})), field("int16", "Int16", json!({})),
        field("int32", "Int32", json!({})), field("int64", "Int64", json!({})), field("float", "Float", json!({})),
        field("double", "Double", json!({})), field("text", "VarChar", json!({ "max_length": 60 })),
        field("json", "JSON", json!({})), array("ints", "Int64"), array("words", "VarChar"), array("flags", "Bool"),
        array("doubles", "Double"), maybe("Int64"), maybe("VarChar"), maybe("JSON"), maybe("Bool"), maybe("Double"),
        field("floats", "FloatVector", json!({ "dim": 2 })), field("bits", "BinaryVector", json!({ "dim": 16 })),
        field("halves", "Float16Vector", json!({ "dim": 2 })), field("brains", "BFloat16Vector", json!({ "dim": 2 })),
        field("bytes", "Int8Vector", json!({ "dim": 2 })), field("sparse", "SparseFloatVector", json!({})),
    ]}, "indexParams": indexes });
    local.post("/v2/vectordb/collections/create", &body).data();
}

/// Returns rows of extreme values, by ascending primary key, as files contain them.
fn extreme_rows() -> Vec<Value> {
    let least = json!({
        "id": i64::MIN, "bool": false, "int8": i8::MIN, "int16": i16::MIN, "int32": i32::MIN, "int64": i64::MIN,
        "float": -1.5, "double": -1.797_693_134_862_315_7e308, "text": "", "json": {}, "ints": [], "words": [],
        "flags": [], "doubles": [], "maybe_Int64": null, "maybe_VarChar": null, "maybe_JSON": null, "maybe_Bool": null,
        "maybe_Double": null, "floats": [-0.5, 0.1], "bits": [0, 0], "halves": [-2.0, 0.5], "brains": [-2.0, 0.5],
        "bytes": [-128, 127], "sparse": {},
    });
    let middle = json!({
        "id": 0, "bool": true, "int8": 0, "int16": 0, "int32": 0, "int64": 0, "float": 0.1, "double": 0.1,
        "text": "a\"b'c,d;e\\f\ng\th  ", "json": [1, "two", null, {"deep": {"er": [[], {}, ""]}}, 1.25],
        "ints": [0], "words": ["", "a,b", "\"q\"", "世界 ünï 🦀"], "flags": [true, false], "doubles": [0.1, -1e-300],
        "maybe_Int64": 0, "maybe_VarChar": "", "maybe_JSON": {"a": null}, "maybe_Bool": false, "maybe_Double": 0.5,
        "floats": [0.0, 1e-30], "bits": [1, 128], "halves": [0.0, 65504.0], "brains": [0.0, 1.0], "bytes": [0, -1],
        "sparse": {"0": 0.5, "4294967294": 1.25}, "extra": [1, {"x": "y"}], "ünï": "wörld",
    });
    let most = json!({
        "id": i64::MAX, "bool": true, "int8": i8::MAX, "int16": i16::MAX, "int32": i32::MAX, "int64": i64::MAX,
        "float": 3.402_823_5e38, "double": 1.797_693_134_862_315_7e308, "text": "世界 ünïcode 🦀", "json": {"n": 9_007_199_254_740_993_i64},
        "ints": [i64::MIN, i64::MAX], "words": ["x"], "flags": [false], "doubles": [1.5], "maybe_Int64": i64::MAX,
        "maybe_VarChar": "x", "maybe_JSON": [1], "maybe_Bool": true, "maybe_Double": -0.25, "floats": [1.0, 2.0],
        "bits": [255, 255], "halves": [1.0, 2.0], "brains": [1.0, 2.0], "bytes": [1, 2], "sparse": {"7": 3.5},
        "colour": "red",
    });
    vec![least, middle, most]
}

/// Returns a field's value as a query returns it. Binary vectors, 16-bit floats and 8-bit integers are base64 (Milvus:
/// `internal/distributed/proxy/httpserver/utils.go`, `buildQueryResp`).
fn in_base64(name: &str, value: &Value) -> Value {
    let numbers = value.as_array().into_iter().flatten();
    let bytes: Vec<u8> = match name {
        "bits" | "bytes" => numbers
            .map(|number| number.as_i64().expect("an integer").to_le_bytes()[0])
            .collect(),
        "halves" => numbers
            .flat_map(|number| f16::from_f64(number.as_f64().expect("a number")).to_le_bytes())
            .collect(),
        "brains" => numbers
            .flat_map(|number| bf16::from_f64(number.as_f64().expect("a number")).to_le_bytes())
            .collect(),
        _ => return value.clone(),
    };
    STANDARD.encode(bytes).into()
}

fn check(local: &Local, file: &std::path::Path, want: &[Value]) {
    create(local);
    let job = local.import("c", &[file]);
    let progress = local.wait(&job);
    assert_eq!(progress["state"], "Completed", "{progress}");
    let ids: Vec<_> = want.iter().map(|row| row["id"].to_string()).collect();
    let body = json!({ "collectionName": "c", "filter": format!("id in [{}]", ids.join(",")), "outputFields": ["*"] });
    let found = local.post("/v2/vectordb/entities/query", &body).data();
    let found = found.as_array().expect("rows");
    assert_eq!(found.len(), want.len());
    for (found, want) in found.iter().zip(want) {
        for (name, value) in want.as_object().expect("a row") {
            let wanted = in_base64(name, value);
            assert_eq!(found[name], wanted, "{name} of {}", want["id"]);
        }
        assert_eq!(
            found.as_object().map(serde_json::Map::len),
            want.as_object().map(serde_json::Map::len)
        );
    }
}

/// Returns a JSON field's value as a JSON file contains it: an object, or a text with any other value (Milvus'
/// `importutilv2/json/row_parser.go`).
fn in_json_files(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        for name in ["json", "maybe_JSON"] {
            if row[name].is_array() {
                row[name] = row[name].to_string().into();
            }
        }
    }
    rows
}

#[test]
fn json_rows_are_read_back_unchanged() {
    let (dir, local) = Local::fresh();
    let rows = extreme_rows();
    let file = write(
        dir.path(),
        "rows.json",
        &Value::from(in_json_files(&rows)).to_string(),
    );
    check(&local, &file, &rows);
}

#[test]
fn json_lines_are_read_back_unchanged() {
    let (dir, local) = Local::fresh();
    let rows = extreme_rows();
    let lines: Vec<_> = in_json_files(&rows)
        .iter()
        .map(ToString::to_string)
        .collect();
    let file = write(dir.path(), "rows.jsonl", &lines.join("\n"));
    check(&local, &file, &rows);
}

/// Texts are unchanged, and other values are JSON. A null is an empty cell, so an empty text can't be nullable.
#[test]
fn csv_rows_are_read_back_unchanged() {
    let (dir, local) = Local::fresh();
    let mut rows = extreme_rows();
    rows[1]["maybe_VarChar"] = json!("null");
    let names: Vec<_> = rows[0]
        .as_object()
        .expect("a row")
        .keys()
        .cloned()
        .collect();
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = format!("{},$meta\n", names.join(","));
    for row in &rows {
        let cell = |name: &String| match &row[name] {
            Value::Null => String::new(),
            Value::String(text) => quote(text),
            other => quote(&other.to_string()),
        };
        let mut meta = row.as_object().expect("a row").clone();
        meta.retain(|name, _| !names.contains(name));
        let cells: Vec<_> = names
            .iter()
            .map(cell)
            .chain([quote(&Value::from(meta).to_string())])
            .collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    let file = write(dir.path(), "rows.csv", &text);
    check(&local, &file, &rows);
}
