//! Milvus' own form of the create call: `files`, a list of lists of paths.

use super::error::ServiceError;
use super::source::Dialect;
use serde_json::Value;

/// The paths of a list of lists, one inner list a file (or, later, a set of `.npy` files). A plain list of texts
/// is taken too.
pub(super) fn paths(
    dialect: Dialect,
    name: &str,
    value: &Value,
) -> Result<Vec<String>, ServiceError> {
    let wrong = || {
        ServiceError::parameter(
            dialect,
            format!("{name} must be a list of lists of paths, e.g. [[\"a.json\"], [\"b.json\"]]"),
        )
    };
    let mut paths = Vec::new();
    for entry in value.as_array().ok_or_else(wrong)? {
        match entry {
            Value::String(path) => paths.push(path.clone()),
            Value::Array(set) => match set.as_slice() {
                [] => {}
                [Value::String(path)] => paths.push(path.clone()),
                [_] => return Err(wrong()),
                [..] if set.iter().all(|path| path.as_str().is_some_and(is_numpy)) => {
                    return Err(ServiceError::unsupported("a set of NumPy files is"));
                }
                [..] => {
                    return Err(ServiceError::import(format!(
                        "an inner list of {name} is one file, or one set of NumPy files; found {} paths in one",
                        set.len()
                    )));
                }
            },
            _ => return Err(wrong()),
        }
    }
    Ok(paths)
}

fn is_numpy(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("npy"))
}
