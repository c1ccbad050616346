//! Useful methods of arrays, texts and maps, most of them Rhai's own, each with a short description. The engine has
//! more methods. Completion offers these, and misspelled names are compared with these.

/// Methods of arrays.
pub(crate) const LIST: &[(&str, &str)] = &[
    ("len", "number of items"),
    ("is_empty", "true if there are no items"),
    (
        "filter",
        "filter(|item| …): the items for which the closure is true",
    ),
    ("map", "map(|item| …): the closure's results, a list"),
    (
        "find",
        "find(|item| …): the first item for which the closure is true, or ()",
    ),
    (
        "some",
        "some(|item| …): true if the closure is true for an item",
    ),
    (
        "all",
        "all(|item| …): true if the closure is true for all items",
    ),
    (
        "for_each",
        "for_each(|| …): runs the closure with each item as this",
    ),
    (
        "reduce",
        "reduce(|sum, item| …, 0): combines all items to one value",
    ),
    (
        "contains",
        "contains(item): true if the item is in the list",
    ),
    ("index_of", "index_of(item): its index, or -1"),
    ("push", "push(item): adds the item at the end"),
    ("pop", "removes the last item and returns it"),
    ("shift", "removes the first item and returns it"),
    ("extract", "extract(from, count): a part of the list"),
    ("sort", "sorts the list"),
    ("reverse", "reverses the list"),
    ("dedup", "removes repeated neighbours"),
    ("to_json", "as JSON text"),
];
/// Methods of texts.
pub(crate) const TEXT: &[(&str, &str)] = &[
    ("len", "number of letters"),
    ("is_empty", "true if there are no letters"),
    ("contains", "contains(text): true if the text is a part"),
    ("starts_with", "starts_with(text)"),
    ("ends_with", "ends_with(text)"),
    ("index_of", "index_of(text): its index, or -1"),
    ("sub_string", "sub_string(from, count): a part of the text"),
    ("split", "split(separator): the parts, an array"),
    ("replace", "replace(text, new): replaces it in the variable"),
    ("trim", "removes blanks at both ends of the variable"),
    ("to_upper", "the text in upper case"),
    ("to_lower", "the text in lower case"),
];
/// Methods of maps.
pub(crate) const MAP: &[(&str, &str)] = &[
    ("keys", "the keys, an array"),
    ("values", "the values, an array"),
    ("len", "number of keys"),
    ("contains", "contains(key): true if the map has the key"),
    ("get", "get(key): its value, or ()"),
    ("set", "set(key, value)"),
    (
        "remove",
        "remove(key): removes the key and returns its value",
    ),
    ("mixin", "mixin(map): copies all keys of another map"),
    ("to_json", "as JSON text"),
];
/// Methods of zshell's own types.
pub(crate) const OWN: &[(&str, &str)] = &[
    ("as_map", "a plain map with the same keys"),
    ("to_json", "as JSON text"),
];

/// The types with their methods, for help.
pub(crate) const ALL: [(&str, &[(&str, &str)]); 4] = [
    ("arrays", LIST),
    ("texts", TEXT),
    ("maps", MAP),
    ("zshell's values", OWN),
];

/// Functions of Rhai.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    (
        "print",
        "print(value): writes a value as text, and a line break",
    ),
    (
        "debug",
        "debug(value): writes a value as in a script, to standard error",
    ),
    (
        "type_of",
        "type_of(value): the name of its type, such as \"string\" or \"Job\"",
    ),
    ("parse_int", "parse_int(text): a whole number from text"),
    ("parse_float", "parse_float(text): a number from text"),
    (
        "range",
        "range(from, to, step): numbers for a loop, without the last",
    ),
    (
        "timestamp",
        "timestamp(): the time now; .elapsed is the number of seconds since",
    ),
    ("min", "min(a, b): the smaller of two values"),
    ("max", "max(a, b): the larger of two values"),
    ("abs", "abs(number): the number without its sign"),
    ("round", "round(number): the nearest whole number"),
];

/// Keywords of Rhai that start or join something.
pub(crate) const KEYWORDS: &[(&str, &str)] = &[
    ("let", "a variable: let x = 1;"),
    ("const", "a constant: const X = 1;"),
    ("if", "if x > 1 { … } else { … }"),
    ("else", "if x > 1 { … } else { … }"),
    ("for", "for x in list { … }"),
    ("while", "while x < 5 { … }"),
    ("loop", "loop { … break; }"),
    ("break", "leaves a loop"),
    ("continue", "continues with a loop's next round"),
    ("return", "leaves a function with a value"),
    ("fn", "a function: fn name(x) { … }"),
    ("try", "try { … } catch (e) { … }"),
    ("catch", "try { … } catch (e) { … }"),
    ("throw", "throw \"what went wrong\""),
    ("switch", "switch x { 1 => …, _ => … }"),
    ("true", ""),
    ("false", ""),
];

/// Returns the description of a function or method of Rhai.
pub(crate) fn about(name: &str) -> Option<&'static str> {
    let tables = std::iter::once(FUNCTIONS).chain(ALL.map(|(_, methods)| methods));
    let (_, help) = tables.flatten().find(|(known, _)| *known == name)?;
    Some(help)
}

/// Returns true for a method without arguments. The description of any other begins with its form.
pub(crate) fn is_bare(name: &str, help: &str) -> bool {
    !help
        .strip_prefix(name)
        .is_some_and(|rest| rest.starts_with('('))
}

/// Returns the names of all methods.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> + Clone {
    ALL.into_iter()
        .flat_map(|(_, methods)| methods)
        .map(|(name, _)| *name)
}
