//! Milvus' own form of the create call: `files`, a list of lists of paths.

use super::error::ServiceError;
use super::source::Dialect;
use serde_json::Value;

/// The lists of a list of lists, one inner list a file or a set of `.npy` files. In a plain list each text is a
/// file of its own.
pub(super) fn paths(
    dialect: Dialect,
    name: &str,
    value: &Value,
) -> Result<Vec<Vec<String>>, ServiceError> {
    let wrong = || {
        ServiceError::parameter(
            dialect,
            format!("{name} must be a list of lists of paths, e.g. [[\"a.json\"], [\"b.json\"]]"),
        )
    };
    let text = |path: &Value| path.as_str().map(str::to_owned).ok_or_else(wrong);
    let mut lists = Vec::new();
    for entry in value.as_array().ok_or_else(wrong)? {
        let list = match entry {
            Value::String(path) => vec![path.clone()],
            Value::Array(set) => set.iter().map(text).collect::<Result<_, _>>()?,
            _ => return Err(wrong()),
        };
        if list.len() > 1 && !list.iter().all(|path| is_numpy(path)) {
            return Err(ServiceError::import(format!(
                "an inner list of {name} is one file, or one set of NumPy files; found {} paths in one",
                list.len()
            )));
        }
        if !list.is_empty() {
            lists.push(list);
        }
    }
    Ok(lists)
}

fn is_numpy(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("npy"))
}
