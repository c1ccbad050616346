//! Collections and clusters: lists of names, a collection's description, and the clusters that an API key can see.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::parts::{self, first, plain};
use super::style::{Screen, Tone};
use super::{pairs, value};
use crate::text::words;

/// The keys of a cluster in the control plane's answer that are shown, in order.
pub(super) const CLUSTER_KEYS: [&str; 6] = [
    "clusterId",
    "clusterName",
    "regionId",
    "plan",
    "status",
    "connectAddress",
];

/// Lays out names, one per line. On a terminal, longer lists are set in columns, read downwards, with the count below.
pub(super) fn names(names: &[String], screen: &Screen) -> String {
    const FEW: usize = 8;
    if names.is_empty() {
        return "no collections\n".to_owned();
    }
    let names: Vec<_> = names.iter().map(|name| words::safe_line(name)).collect();
    let width = screen.width.filter(|_| names.len() > FEW);
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let columns = width.map_or(1, |width| (width + 2) / (widest + 2));
    let lines = names.len().div_ceil(columns.max(1));
    let mut text = String::new();
    for line in 0..lines {
        let row = names.iter().skip(line).step_by(lines);
        let row = row.map(|name| format!("{name}{}", " ".repeat(widest - name.width())));
        let row = row.collect::<Vec<_>>().join("  ");
        text.extend([row.trim_end(), "\n"]);
    }
    if width.is_some() {
        let count = screen.count(names.len() as u64, "collection");
        text.extend([&screen.paint(Tone::Dim, &count), "\n"]);
    }
    text
}

/// Lays out clusters as the control plane lists them.
pub(super) fn clusters(clusters: &[Value], screen: &Screen) -> String {
    if clusters.is_empty() {
        return "no clusters\n".to_owned();
    }
    let mut grid = Grid::new(vec![
        GridColumn::new("cluster", ESSENTIAL).heading(),
        GridColumn::new("name", 60).wrapping(12),
        GridColumn::new("region", 50),
        GridColumn::new("plan", 20),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("endpoint", 10).wrapping(24),
    ]);
    for cluster in clusters {
        let cells = CLUSTER_KEYS.map(|key| match (key, &cluster[key]) {
            ("status", Value::String(word)) => Cell::toned(word, cluster_tone(word)),
            (_, value) => value::cell(value, screen),
        });
        grid.push(cells.into());
    }
    grid.lay_out(screen)
}

fn cluster_tone(status: &str) -> Tone {
    match status.to_ascii_uppercase().as_str() {
        "RUNNING" => Tone::Good,
        "CREATING" | "RESUMING" => Tone::Busy,
        "ABNORMAL" | "DELETED" => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// Lays out a collection from the describe call's answer: its own properties, one row per field, then its indexes.
///
/// An answer of another shape is shown like any other value.
pub(super) fn description(answer: &Value, screen: &Screen) -> String {
    let Some(fields) = answer.get("fields").and_then(Value::as_array) else {
        return value::lay_out(answer, screen);
    };
    let text = |keys: &[&str]| value::cell(first(answer, keys).unwrap_or(&Value::Null), screen);
    let load = first(answer, &["load", "loadState"]).and_then(Value::as_str);
    let load = load.map_or_else(Cell::absent, |word| {
        Cell::toned(load_word(word), load_tone(word))
    });
    let description = parts::text(answer, "description");
    let dynamic = yes_no(answer, &["enableDynamicField", "dynamic"]);
    let mut shown = pairs::lay_out(
        &[
            ("collection", text(&["collectionName", "name"])),
            ("description", Cell::optional(description)),
            ("load state", load),
            ("dynamic fields", dynamic),
            ("partitions", partitions(answer)),
            ("shards", text(&["shardsNum", "shards"])),
        ],
        screen,
    );
    shown.extend(["\n", &fields_table(fields, answer, screen)]);
    let indexes = parts::items(answer, "indexes");
    if !indexes.is_empty() {
        shown.extend(["\n", &indexes_table(indexes, screen)]);
    }
    shown
}

/// Returns the partitions' names, or their number.
fn partitions(answer: &Value) -> Cell {
    let names = answer.get("partitions").and_then(Value::as_array);
    let names: Option<Vec<&str>> =
        names.map(|names| names.iter().filter_map(partition_name).collect());
    match (names, first(answer, &["partitionsNum"])) {
        (Some(names), _) if !names.is_empty() => Cell::text(&names.join(", ")),
        (_, Some(count)) => Cell::text(&plain(count)),
        _ => Cell::absent(),
    }
}

fn partition_name(partition: &Value) -> Option<&str> {
    let named = || first(partition, &["partitionName", "name"])?.as_str();
    partition.as_str().or_else(named)
}

fn fields_table(fields: &[Value], answer: &Value, screen: &Screen) -> String {
    if fields.is_empty() {
        return "no fields\n".to_owned();
    }
    let mut grid = Grid::new(vec![
        GridColumn::new("field", ESSENTIAL).wrapping(12),
        GridColumn::new("type", ESSENTIAL).wrapping(12),
        GridColumn::new("flags", 60).wrapping(12),
        GridColumn::new("default", 40).wrapping(8),
        GridColumn::new("description", 20).wrapping(16),
    ]);
    for field in fields {
        let name = first(field, &["name", "fieldName"]).and_then(Value::as_str);
        let default = first(field, &["defaultValue", "default"]).map(innermost);
        grid.push(vec![
            Cell::optional(name),
            Cell::optional(Some(&type_text(field))),
            Cell::optional(Some(&flags(field, answer))),
            value::cell(default.unwrap_or(&Value::Null), screen),
            Cell::optional(parts::text(field, "description")),
        ]);
    }
    grid.lay_out(screen)
}

/// Returns the value inside Milvus' wire form of a default value: `{"Data": {"LongData": 5}}`.
fn innermost(default: &Value) -> &Value {
    let inner = default.get("Data").and_then(Value::as_object);
    inner
        .and_then(|data| data.values().next())
        .unwrap_or(default)
}

fn indexes_table(indexes: &[Value], screen: &Screen) -> String {
    let mut grid = Grid::new(vec![
        GridColumn::new("index", ESSENTIAL).wrapping(12),
        GridColumn::new("on field", 60).wrapping(12),
        GridColumn::new("type", 30),
        GridColumn::new("metric", 40),
    ]);
    for index in indexes {
        let keys = ["indexName", "fieldName", "indexType", "metricType"];
        let cells = keys.map(|key| Cell::optional(parts::text(index, key)));
        grid.push(cells.into());
    }
    grid.lay_out(screen)
}

/// Returns a field's type in readable form: `FloatVector(384)`, `VarChar(512)`, `Array<Int64>(100)`.
///
/// Type parameters arrive as a list of keys and values, as a map, or (v1) already inside the type.
fn type_text(field: &Value) -> String {
    let name = first(field, &["type", "dataType"])
        .map(plain)
        .unwrap_or_default();
    if name.contains('(') {
        return name;
    }
    let element = param(field, "elementType").or_else(|| param(field, "elementDataType"));
    let name = match element {
        Some(element) if name == "Array" => format!("Array<{element}>"),
        _ => name,
    };
    let size = ["dim", "max_capacity", "max_length"]
        .iter()
        .find_map(|key| param(field, key));
    match size {
        Some(size) => format!("{name}({size})"),
        None => name,
    }
}

/// Returns a parameter of a field's type, from any of the places that answers use.
fn param(field: &Value, key: &str) -> Option<String> {
    if let Some(value) = field.get(key) {
        return Some(plain(value));
    }
    let params = first(field, &["params", "elementTypeParams"])?;
    let found = match params {
        Value::Array(pairs) => pairs.iter().find(|pair| pair["key"] == key)?.get("value"),
        other => other.get(key),
    };
    found.filter(|value| !value.is_null()).map(plain)
}

fn flags(field: &Value, answer: &Value) -> String {
    let is = |keys: &[&str]| first(field, keys).is_some_and(truth);
    let primary = is(&["primaryKey", "isPrimary", "primary"]);
    let auto = is(&["autoId", "autoID"])
        || (primary && first(answer, &["autoId", "autoID"]).is_some_and(truth));
    let flags = [
        (primary, "primary"),
        (auto, "auto id"),
        (is(&["partitionKey", "isPartitionKey"]), "partition key"),
        (is(&["clusteringKey", "isClusteringKey"]), "clustering key"),
        (is(&["nullable"]), "nullable"),
    ];
    let set = flags.iter().filter_map(|(set, word)| set.then_some(*word));
    set.collect::<Vec<_>>().join(", ")
}

/// Returns a boolean, also if the answer has it as text.
fn truth(value: &Value) -> bool {
    *value == true || *value == "true"
}

fn yes_no(answer: &Value, keys: &[&str]) -> Cell {
    let word = first(answer, keys).map(|value| if truth(value) { "yes" } else { "no" });
    Cell::optional(word)
}

/// Returns the service's word without its prefix: `LoadStateLoaded` becomes `Loaded`.
fn load_word(word: &str) -> &str {
    word.strip_prefix("LoadState")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(word)
}

fn load_tone(word: &str) -> Tone {
    match load_word(word) {
        "Loaded" => Tone::Good,
        "Loading" => Tone::Busy,
        _ => Tone::Warn,
    }
}
