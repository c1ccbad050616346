//! A connection, as shown for the result of `connect` and by `:who`.

use serde_json::Value;

use super::cell::Cell;
use super::style::{Screen, Tone};
use super::{pairs, value};

/// Lays out the connection's plain form, one line per setting. On a terminal, unset settings are left out.
pub(super) fn lay_out(connection: &Value, screen: &Screen) -> String {
    let text = |key: &str| {
        connection
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let setting = |key: &str| Cell::optional(Some(text(key)));
    let endpoint = text("endpoint");
    // If both addresses are equal, one is enough.
    let collections = Some(text("collections")).filter(|address| *address != endpoint);
    let name = text("name");
    if name.is_empty() {
        return value::lay_out(connection, screen);
    }
    let database = match text("database") {
        "" => "default",
        named => named,
    };
    let key = match text("key") {
        "" => Cell::toned("none", Tone::Dim),
        source => Cell::text(source),
    };
    pairs::lay_out(
        &[
            ("name", Cell::toned(name, Tone::Good)),
            ("api", setting("api")),
            ("endpoint", setting("endpoint")),
            ("collections", Cell::optional(collections)),
            ("cluster", setting("cluster")),
            ("region", setting("region")),
            ("database", Cell::text(database)),
            ("key", key),
        ],
        screen,
    )
}
