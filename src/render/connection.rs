//! A connection: what `connect` gives, and `:who` tells.

use serde_json::Value;

use super::cell::Cell;
use super::style::{Screen, Tone};
use super::{pairs, value};

/// The connection's plain form, a line a setting; what is not set is left out on a terminal.
pub(super) fn lay_out(connection: &Value, screen: &Screen) -> String {
    let text = |key: &str| {
        connection
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let setting = |key: &str| Cell::optional(Some(text(key)));
    let endpoint = text("endpoint");
    // Where both are one address, once is enough.
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
