//! Rules for field names.

use super::SchemaError;

/// Maximum length of a collection, partition or field name, in bytes (Milvus: `proxy.maxNameLength`).
pub(super) const MAX_NAME: usize = 255;

/// Keywords of filters, which can't be field names (Milvus: `pkg/common/keywords.go`). `null` is a keyword in any case.
const KEYWORDS: [&str; 8] = ["$meta", "like", "and", "or", "not", "in", "True", "False"];

/// Keywords of filters in lower or upper case.
const CASED_KEYWORDS: [&str; 13] = [
    "exists",
    "json_contains",
    "json_contains_all",
    "json_contains_any",
    "array_contains",
    "array_contains_all",
    "array_contains_any",
    "array_length",
    "true",
    "false",
    "text_match",
    "phrase_match",
    "random_sample",
];

/// Names of the server's own columns (Milvus: `proxy/util.go`, `validateReservedFieldNames`).
const RESERVED: [&str; 3] = ["RowID", "Timestamp", "__virtual_pk__"];

/// Checks a field's name (Milvus: `proxy/util.go`, `validateFieldName`).
pub(super) fn check(name: &str) -> Result<(), SchemaError> {
    let refuse = |problem: &str| {
        Err(SchemaError::Name {
            field: name.to_owned(),
            problem: problem.to_owned(),
        })
    };
    let first = name.chars().next();
    let starts = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let consists = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // `$meta` needs no entry in the list, because its first character is refused anyway.
    let is_cased = |word: &&str| *word == name || word.to_ascii_uppercase() == name;
    if KEYWORDS.contains(&name)
        || CASED_KEYWORDS.iter().any(is_cased)
        || name.eq_ignore_ascii_case("null")
    {
        return refuse("the name is a keyword of filters");
    }
    if RESERVED.contains(&name) {
        return refuse("the name is reserved for the server");
    }
    if starts && consists && name.len() <= MAX_NAME {
        return Ok(());
    }
    refuse(
        "a name consists of at most 255 letters, digits and underscores and does not start with a digit",
    )
}
