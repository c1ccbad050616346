//! Suggestions for names that the service doesn't know: collections, and fields of a collection.

use super::Call;
use crate::api::Client;
use crate::api::query::RowQuery;
use crate::connection::Connection;
use crate::error::Failure;
use crate::text::words;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Timeout of a request for names.
const PATIENCE: Duration = Duration::from_secs(2);

/// Number of rows whose fields are read, since the fields of dynamic rows are in no schema.
const LOOKED_AT: u64 = 10;

/// Words of filter expressions that aren't fields.
const FILTER_WORDS: [&str; 10] = [
    "and", "or", "not", "in", "like", "is", "null", "exists", "true", "false",
];

impl Call<'_> {
    /// Adds similar names to a failure about an unknown collection or field.
    pub(super) fn with_near_names(&self, connection: &Connection, failure: Failure) -> Failure {
        let near = match failure.code {
            // Reference: Error codes worth a hint.
            Some(47005 | 100) => self.near_collections(connection),
            Some(_) => self.near_fields(connection, &failure.message),
            None => None,
        };
        failure.with_any_hint(near)
    }

    fn near_collections(&self, connection: &Connection) -> Option<String> {
        let wanted = self.collection()?;
        let near =
            |names: Vec<String>| words::did_you_mean(&wanted, names.iter().map(String::as_str));
        // Names that are known cost no request.
        let known = self.session.known.names.collections(connection);
        known
            .and_then(near)
            .or_else(|| near(brief(connection).collections().ok()?))
    }

    fn near_fields(&self, connection: &Connection, message: &str) -> Option<String> {
        let wanted = unknown_field(message)?;
        let described = brief(connection).describe(&self.collection()?).ok()?;
        let fields = described.fields.iter().map(|field| &*field.name);
        words::did_you_mean(wanted, fields)
    }

    /// Warns about misspelt fields of a collection whose rows may have fields outside the schema. For such a field the
    /// service reports no error: a filter finds no row, and no row has the field.
    pub(crate) fn warn_of_near_fields(
        &self,
        connection: &Connection,
        asked: &RowQuery,
        rows: &[Value],
    ) {
        let is_absent = |name: &&str| rows.iter().all(|row| row.get(*name).is_none());
        let fields = asked.fields.iter().map(String::as_str);
        let mut names: BTreeSet<&str> = fields
            .filter(|name| !name.contains(['*', '(', '[']) && is_absent(name))
            .collect();
        if rows.is_empty() {
            names.extend(names_in(&asked.filter));
        }
        let Some(collection) = self.collection().filter(|_| !names.is_empty()) else {
            return;
        };
        let about = format!("{}/{collection}/{names:?}", connection.address());
        if self.session.choices().dry_run || !self.session.known.is_first(about) {
            return;
        }
        let client = brief(connection);
        let Ok(described) = client.describe(&collection) else {
            return;
        };
        names.retain(|name| described.fields.iter().all(|field| field.name != *name));
        if names.is_empty() || !described.dynamic {
            return;
        }
        let some = RowQuery {
            limit: Some(LOOKED_AT),
            ..RowQuery::default()
        };
        let Ok(others) = client.query(&collection, &some) else {
            return;
        };
        let others = others.iter().filter_map(Value::as_object);
        let others = others.flat_map(|row| row.keys()).map(String::as_str);
        let fields = described.fields.iter().map(|field| &*field.name);
        let known: BTreeSet<&str> = others.chain(fields).collect();
        for name in names.difference(&known) {
            if let Some(near) = words::did_you_mean(name, known.iter().copied()) {
                let field = words::quote(name);
                self.session
                    .warn(&format!("no row has a field {field}: {near}"));
            }
        }
    }
}

/// Returns a client whose calls are neither logged nor take long.
fn brief(connection: &Connection) -> Client {
    let client = &connection.client;
    let deadline = Instant::now().checked_add(PATIENCE);
    client.quiet(client.interrupt().until(deadline))
}

/// Returns the field that a service doesn't know: `field titel not exist` (Milvus, `planparserv2`, `proxy/util.go`).
fn unknown_field(message: &str) -> Option<&str> {
    let mut parts = message.split("field ").skip(1);
    let name = parts.find_map(|part| part.split_once(" not exist"))?.0;
    (!name.is_empty() && !name.contains(' ')).then_some(name)
}

/// Returns the names of fields in a filter expression.
fn names_in(filter: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut rest = filter;
    while let Some(first) = rest.chars().next() {
        let is_name = first.is_alphabetic() || first == '_';
        let end = match first {
            '"' | '\'' => text_end(rest, first),
            // A parameter of a template.
            '{' => rest.find('}').map_or(rest.len(), |end| end + 1),
            _ if is_name || first.is_numeric() => {
                let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
                end.unwrap_or(rest.len())
            }
            other => other.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        let is_word = FILTER_WORDS.iter().any(|it| it.eq_ignore_ascii_case(word));
        if is_name && !is_word && !after.trim_start().starts_with('(') {
            names.insert(word);
        }
        rest = after;
    }
    names
}

/// Returns the position behind the text that starts with this quote.
fn text_end(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return at + 1;
        }
        if letter == '\\' {
            letters.next();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{names_in, unknown_field};

    #[test]
    fn fields_are_found_in_filters_and_messages() {
        for (filter, names) in [
            ("titel == 3 and id in [1, 2e5]", &["id", "titel"][..]),
            (
                "meta[\"a b\"] like 'it\\'s x%' AND not exists other",
                &["meta", "other"],
            ),
            (
                "json_contains(tags, {tag}) or 1e5 < year_2",
                &["tags", "year_2"],
            ),
            ("\"open", &[]),
        ] {
            assert_eq!(
                names_in(filter).into_iter().collect::<Vec<_>>(),
                names,
                "{filter}"
            );
        }
        let message =
            "cannot parse expression: titel == 3, error: field titel not exist: invalid parameter";
        assert_eq!(unknown_field(message), Some("titel"));
        assert_eq!(unknown_field("the field is null"), None);
    }
}
