//! Useful methods of arrays, texts and maps, most of them Rhai's own, each with a short description. The engine has
//! more methods. Completion offers these, and misspelled names are compared with these.

/// Methods of arrays.
pub(crate) const LIST: &[(&str, &str)] = &[
    ("len", "how many items"),
    ("is_empty", "true without items"),
    ("filter", "filter(|item| …): the items for which it is true"),
    ("map", "map(|item| …): what it makes of each"),
    ("find", "find(|item| …): the first for which it is true"),
    ("some", "some(|item| …): true for any?"),
    ("all", "all(|item| …): true for each?"),
    ("for_each", "for_each(|| …): runs it with each as this"),
    ("reduce", "reduce(|sum, item| …, 0): one value of all"),
    ("contains", "contains(item)"),
    ("index_of", "index_of(item), or -1"),
    ("push", "push(item): adds it"),
    ("pop", "takes the last"),
    ("shift", "takes the first"),
    ("extract", "extract(from, count): a part"),
    ("sort", "sorts it"),
    ("reverse", "turns it round"),
    ("dedup", "takes out repeated neighbours"),
    ("to_json", "as JSON text"),
];
/// Methods of texts.
pub(crate) const TEXT: &[(&str, &str)] = &[
    ("len", "how many letters"),
    ("is_empty", "true without letters"),
    ("contains", "contains(text)"),
    ("starts_with", "starts_with(text)"),
    ("ends_with", "ends_with(text)"),
    ("index_of", "index_of(text), or -1"),
    ("sub_string", "sub_string(from, count)"),
    ("split", "split(text): an array"),
    ("replace", "replace(text, by): changes it"),
    ("trim", "takes blanks off its ends: changes it"),
    ("to_upper", "in capital letters"),
    ("to_lower", "in small letters"),
];
/// Methods of maps.
pub(crate) const MAP: &[(&str, &str)] = &[
    ("keys", "its keys, an array"),
    ("values", "its values, an array"),
    ("len", "how many keys"),
    ("contains", "contains(key)"),
    ("get", "get(key), or ()"),
    ("set", "set(key, value)"),
    ("remove", "remove(key): takes it out"),
    ("mixin", "mixin(map): copies its keys"),
    ("to_json", "as JSON text"),
];
/// Methods of zshell's own types.
pub(crate) const OWN: &[(&str, &str)] = &[
    ("as_map", "a plain map with the same keys"),
    ("to_json", "as JSON text"),
];

/// Methods without arguments.
pub(crate) const BARE: [&str; 14] = [
    "len", "is_empty", "pop", "shift", "sort", "reverse", "dedup", "trim", "to_upper", "to_lower",
    "keys", "values", "as_map", "to_json",
];

/// Returns the names of all methods.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    [LIST, TEXT, MAP, OWN]
        .into_iter()
        .flatten()
        .map(|(name, _)| *name)
}
