//! Parts of JSON values, for the layouts.

use serde_json::Value;

/// Returns a scalar or a nested value as text: a text as is, any other value as JSON.
pub(super) fn plain(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| value.to_string())
}

/// Returns the text of a map's key.
pub(super) fn text<'v>(map: &'v Value, key: &str) -> Option<&'v str> {
    map.get(key)?.as_str()
}

/// Returns the whole number of a map's key.
pub(super) fn number(map: &Value, key: &str) -> Option<u64> {
    map.get(key)?.as_u64()
}

/// Returns the items of a map's key; none if it's no list.
pub(super) fn items<'v>(map: &'v Value, key: &str) -> &'v [Value] {
    let items = map.get(key).and_then(Value::as_array);
    items.map_or(&[], Vec::as_slice)
}

/// Returns the value of the first of these keys that a map has, unless it's null.
pub(super) fn first<'v>(map: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    let found = keys.iter().find_map(|key| map.get(*key));
    found.filter(|value| !value.is_null())
}

/// Returns the first characters of a text, with a mark if it was cut.
pub(super) fn cut(mut text: String, most: usize, mark: &str) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push_str(mark);
    }
    text
}
