//! Copies fields, struct fields and functions.

use super::{Object, Problems, carry, flag, get, is_empty, keep, objects, pairs, text};
use serde_json::{Value, json};

/// The create call's name for each key of a field, and its spellings in descriptions.
const KEYS: &[(&str, &[&str])] = &[
    ("fieldName", &["name", "fieldName"]),
    ("isPrimary", &["primaryKey", "isPrimary"]),
    ("isPartitionKey", &["partitionKey", "isPartitionKey"]),
    ("isClusteringKey", &["clusteringKey", "isClusteringKey"]),
    ("nullable", &["nullable"]),
    ("description", &["description"]),
    ("externalField", &["externalField"]),
];
/// Keys that other code reads, and properties of the old field itself.
const OTHERS: &[&str] = &[
    "type",
    "dataType",
    "defaultValue",
    "elementType",
    "elementDataType",
    "params",
    "typeParams",
    "elementTypeParams",
    "autoId",
    "autoID",
    "id",
    "fieldId",
    "fieldID",
    "isFunctionOutput",
];
/// The names of `schemapb.FunctionType`; a description has the index into this list.
const FUNCTION_TYPES: [&str; 5] = ["Unknown", "BM25", "TextEmbedding", "Rerank", "MinHash"];
/// Largest integer that the create call keeps exact: it parses numbers as doubles.
const MAX_EXACT: u64 = 1 << 53;

/// Returns a field in the create call's form.
pub(super) fn field(described: &Object, of: &str, problems: &mut Problems) -> Object {
    let named: Vec<&str> = KEYS.iter().flat_map(|(_, keys)| *keys).copied().collect();
    problems.unknown(of, described, &[&named, OTHERS]);
    let mut made = Object::new();
    for (key, spellings) in KEYS {
        keep(&mut made, key, get(described, spellings));
    }
    let mut params = pairs(get(
        described,
        &["params", "typeParams", "elementTypeParams"],
    ));
    let kind = data_type(described, &mut params);
    if kind.is_empty() {
        problems.add(format!("{of}type"));
    }
    let element = get(described, &["elementType", "elementDataType"]);
    let element = element.filter(|word| word.as_str() != Some("None"));
    match default_value(described.get("defaultValue"), &kind) {
        Ok(None) => {}
        Ok(Some(value)) => {
            made.insert("defaultValue".to_owned(), value);
        }
        Err(reason) => problems.add(format!("{of}defaultValue ({reason})")),
    }
    made.insert("dataType".to_owned(), kind.into());
    keep(&mut made, "elementDataType", element);
    keep(&mut made, "elementTypeParams", Some(&Value::Object(params)));
    made
}

/// Returns the type's name. v1 appends the size: `FloatVector(768)`, `VarChar(256)`.
fn data_type(described: &Object, params: &mut Object) -> String {
    let word = get(described, &["type", "dataType"]).and_then(Value::as_str);
    let word = word.unwrap_or_default();
    let Some((kind, size)) = word.split_once('(') else {
        return word.to_owned();
    };
    let size = size.trim_end_matches(')').trim();
    let key = if kind.ends_with("Vector") {
        "dim"
    } else {
        "max_length"
    };
    if !size.is_empty() && size != "0" && !params.contains_key(key) {
        params.insert(key.to_owned(), size.into());
    }
    kind.trim().to_owned()
}

/// Returns a default value in the create call's bare form. Descriptions have the wire form `{"Data": {"LongData": 5}}`.
fn default_value(sent: Option<&Value>, kind: &str) -> Result<Option<Value>, String> {
    let Some(mut value) = sent else {
        return Ok(None);
    };
    let mut wire = String::new();
    while let Value::Object(object) = value {
        match object.iter().next() {
            None => return Ok(None),
            Some((key, inner)) if object.len() == 1 => {
                wire = key.to_ascii_lowercase();
                value = inner;
            }
            Some(_) => return Err("not one value".to_owned()),
        }
    }
    if value.is_null() {
        return Ok(None);
    }
    if wire == "bytesdata" {
        return Err("bytes".to_owned());
    }
    if wire == "timestamptzdata"
        && let Some(micros) = value.as_i64()
    {
        let time = jiff::Timestamp::from_microsecond(micros).map_err(|error| error.to_string())?;
        return Ok(Some(time.to_string().into()));
    }
    let value = match (kind, value) {
        ("Bool", Value::String(text)) => json!(text.eq_ignore_ascii_case("true")),
        ("Int8" | "Int16" | "Int32" | "Int64", Value::String(text)) => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("{text:?} is no whole number"))?,
        ("Float" | "Double", Value::String(text)) => text
            .trim()
            .parse::<f64>()
            .map(Value::from)
            .map_err(|_| format!("{text:?} is no number"))?,
        (_, value) => value.clone(),
    };
    match value.as_i64() {
        Some(number) if kind == "Int64" && number.unsigned_abs() > MAX_EXACT => Err(format!(
            "{number} is beyond 2^53, which the call does not take exactly"
        )),
        _ => Ok(Some(value)),
    }
}

/// Returns a struct field in the create call's form.
pub(super) fn struct_field(described: &Object, problems: &mut Problems) -> Object {
    let name = text(described, "name");
    let of = format!("struct field {name:?}: ");
    let known: &[&str] = &[
        "name",
        "id",
        "fieldId",
        "fieldID",
        "description",
        "nullable",
        "type",
        "elementType",
        "fields",
        "params",
        "typeParams",
    ];
    problems.unknown(&of, described, &[known]);
    let nullable = flag(described, &["nullable"]);
    let fields: Vec<Object> = objects(described, "fields")
        .map(|inner| {
            let mut inner = inner.clone();
            let sub = text(&inner, "name");
            // The server's internal name of a sub-field is `struct[sub]`.
            let short = sub
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'))
                .unwrap_or(sub)
                .to_owned();
            let of = format!("struct field {name:?}, field {short:?}: ");
            inner.insert("name".to_owned(), short.into());
            if nullable {
                // The struct decides whether its sub-fields are nullable, so the create call refuses the key here.
                inner.shift_remove("nullable");
            }
            field(&inner, &of, problems)
        })
        .collect();
    let mut made = Object::new();
    made.insert("fieldName".to_owned(), name.into());
    carry(&mut made, described, &["description", "nullable"]);
    made.insert("fields".to_owned(), fields.into());
    let params = pairs(get(described, &["params", "typeParams"]));
    keep(&mut made, "typeParams", Some(&Value::Object(params)));
    made
}

/// Returns a function in the create call's form.
pub(super) fn function(described: &Object, problems: &mut Problems) -> Object {
    let of = format!("function {:?}: ", text(described, "name"));
    let carried = ["name", "description", "inputFieldNames", "outputFieldNames"];
    let others: &[&str] = &["type", "params", "id", "inputFieldIds", "outputFieldIds"];
    problems.unknown(&of, described, &[&carried, others]);
    let mut made = Object::new();
    carry(&mut made, described, &carried);
    match described.get("type").and_then(function_type) {
        Some(kind) => {
            made.insert("type".to_owned(), kind.into());
        }
        None => problems.add(format!("{of}type")),
    }
    let params = pairs(described.get("params"));
    keep(&mut made, "params", Some(&Value::Object(params)));
    made
}

fn function_type(sent: &Value) -> Option<String> {
    let number = sent.as_u64().or_else(|| sent.as_str()?.parse().ok());
    if let Some(number) = number {
        let known = usize::try_from(number).ok().filter(|number| *number > 0)?;
        return FUNCTION_TYPES.get(known).map(|&word| word.to_owned());
    }
    let word = sent.as_str().filter(|_| !is_empty(sent))?;
    let word = word.strip_prefix("FunctionType.").unwrap_or(word);
    let known = FUNCTION_TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(word));
    Some(known.map_or(word, |known| *known).to_owned())
}
