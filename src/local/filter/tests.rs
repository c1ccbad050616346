use super::*;
use crate::formats::Batch;
use serde_json::json;
use std::sync::Arc;

fn schema() -> Schema {
    Schema::from_create_body(&json!({ "schema": { "enableDynamicField": true, "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "name", "dataType": "VarChar", "nullable": true, "elementTypeParams": { "max_length": 50 } },
        { "fieldName": "share", "dataType": "Float" },
        { "fieldName": "good", "dataType": "Bool" },
        { "fieldName": "doc", "dataType": "JSON", "nullable": true },
        { "fieldName": "tags", "dataType": "Array", "elementDataType": "Int32", "elementTypeParams": { "max_capacity": 4 } },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]}}))
    .unwrap()
}

/// The ids of the four rows that a filter finds, or the error.
fn found(filter: &str) -> Result<Vec<i64>, String> {
    let schema = Arc::new(schema());
    let mut batch = Batch::new(&schema);
    for row in [
        json!({"id": 1, "name": "abc", "share": 0.1, "good": true, "doc": {"a": {"b": [5, "x"]}}, "tags": [7], "v": [0, 0], "extra": 10}),
        json!({"id": -2, "name": null, "share": 2.5, "good": false, "doc": 3, "tags": [], "v": [0, 0], "extra": "ten"}),
        json!({"id": i64::MAX, "name": "a%c", "share": -1, "good": true, "doc": null, "tags": [1, 2], "v": [0, 0]}),
        json!({"id": 9_007_199_254_740_993_i64, "name": "", "share": 0, "good": false, "doc": "text", "tags": [2], "v": [0, 0]}),
    ] {
        batch.push_json(row.to_string().as_bytes(), 1).unwrap();
    }
    let columns: Loaded = batch
        .columns()
        .iter()
        .chain(batch.meta())
        .cloned()
        .enumerate()
        .collect();
    let params = json!({ "ids": [1, -2], "one": 1, "wide": [u64::MAX] });
    let filter = Filter::parse(filter, &schema, params.as_object().unwrap())?;
    let ids = |row: &usize| batch.columns()[0].int64(*row).unwrap();
    Ok((0..4)
        .filter(|row| filter.test(&columns, *row) == Some(true))
        .map(|row| ids(&row))
        .collect())
}

#[test]
fn filters_find_what_they_say() {
    const BIG: i64 = 9_007_199_254_740_993;
    for (filter, ids) in [
        ("id in [1, -2]", &[1, -2][..]),
        ("id in []", &[]),
        ("id not in [1,-2,]", &[i64::MAX, BIG]),
        ("id == 9007199254740993", &[BIG]),
        ("id == 9007199254740992", &[]),
        ("id>=9223372036854775807", &[i64::MAX]),
        ("id > -9223372036854775808 and id<=1", &[1, -2]),
        ("-2 <= id < 1", &[-2]),
        ("1 == id", &[1]),
        ("5 > id && !(id == 1)", &[-2]),
        ("id == 1 or id == -2 and good", &[1]),
        ("(id == 1 || id == -2) AND not good", &[-2]),
        ("good == false", &[-2, BIG]),
        ("share == 0.1", &[1]),
        ("share in [0.1, 0]", &[1, BIG]),
        ("name == 'abc'", &[1]),
        ("name != \"abc\"", &[i64::MAX, BIG]),
        ("not (name == \"abc\")", &[i64::MAX, BIG]),
        ("name is null", &[-2]),
        ("name IS NOT NULL and name in [\"\", \"abc\"]", &[1, BIG]),
        ("name like \"a%\"", &[1, i64::MAX]),
        ("name like \"a\\\\%c\"", &[i64::MAX]),
        ("name like \"%b_\"", &[1]),
        ("name not like \"a%\"", &[BIG]),
        ("doc[\"a\"]['b'][0] == 5", &[1]),
        ("doc[\"a\"][\"b\"][1] == \"x\"", &[1]),
        ("doc == 3", &[-2]),
        ("tags[0] > 1", &[1, BIG]),
        ("tags[1] == 2", &[i64::MAX]),
        ("extra == 10", &[1]),
        ("$meta[\"extra\"] == \"ten\"", &[-2]),
        ("extra is null", &[i64::MAX, BIG]),
        ("id in {ids}", &[1, -2]),
        ("id == {one}", &[1]),
        ("true and id == 1", &[1]),
        ("id % 2 == 0", &[-2]),
        ("(id + 1) * 2 == 4 and id - 1 == 0", &[1]),
        ("((id) % 2 == 0)", &[-2]),
        ("id == 3 - 1 * 2", &[1]),
        ("id == 3-2", &[1]),
        ("id / 0 == 1 or id + 1 > 9007199254740993", &[BIG]),
        ("share * 2 == 5", &[-2]),
        ("0 <= share / 2 < 1", &[1, BIG]),
        ("extra + 1 == 11", &[1]),
        ("array_length(tags) == 1", &[1, BIG]),
        ("ARRAY_LENGTH(tags) < 1", &[-2]),
        ("array_length(doc[\"a\"][\"b\"]) == 2", &[1]),
        ("array_contains(tags, 2)", &[i64::MAX, BIG]),
        ("not array_contains(tags, 2) and id > 0", &[1]),
        ("array_contains_all(tags, [1, 2])", &[i64::MAX]),
        ("array_contains_any(tags, [7, 1])", &[1, i64::MAX]),
        ("json_contains(doc[\"a\"][\"b\"], 5.0)", &[1]),
        ("JSON_CONTAINS_ALL(doc[\"a\"]['b'], [\"x\", 5])", &[1]),
        ("json_contains_any(doc[\"a\"]['b'], [[5], \"y\"])", &[]),
        ("json_contains_any(tags, {ids})", &[i64::MAX]),
        ("exists doc[\"a\"][\"b\"]", &[1]),
        ("exists extra and not exists doc[\"a\"]", &[-2]),
        ("exists(doc[\"a\"]) and exists (doc[\"a\"])", &[1]),
    ] {
        assert_eq!(found(filter).as_deref(), Ok(ids), "{filter}");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let deep = format!("{}id == 1", "(".repeat(5000));
    let deeper = format!("{}id{} == 1", "(".repeat(5000), ")".repeat(5000));
    let lists = format!("json_contains(doc, {}", "[".repeat(5000));
    let sum = format!("id{} > 5", "+1".repeat(50_000));
    let product = format!("id{} > 5", "*1".repeat(50_000));
    for (filter, part) in [
        ("id = 1", "=="),
        ("id", "comparison"),
        ("id in 5", "\"[\""),
        ("id in [1", "\"]\""),
        ("id == ", "too early"),
        ("id == \"1\"", "number"),
        ("name == 1", "text"),
        ("name == 'x", "closing quote"),
        ("v == 1", "vector"),
        ("tags == 1", "array"),
        ("tags[\"a\"] == 1", "element"),
        ("id ** 2 == 0", "**"),
        ("name + 1 == 0", "numbers"),
        ("id + 1", "comparison"),
        ("id + 1 in [1]", "comparison"),
        ("1 % 0 == id", "calculated"),
        ("text_match(name, 'a')", "text_match"),
        ("json_contains(name, 1)", "array or JSON"),
        ("array_contains(v, 1)", "array or JSON"),
        ("array_contains(tags, \"x\")", "number"),
        ("array_contains_any(tags, 1)", "list"),
        ("array_length(id) == 1", "array or JSON"),
        ("exists name", "exists takes a key"),
        ("exists (doc[\"a\"]", "\")\""),
        ("id == name", "two fields"),
        ("id in {none}", "none"),
        ("id == 1 2", "not expected"),
        ("id == 1 §", "not expected"),
        ("id == 99999999999999999999x", "not a number"),
        ("(id == 1", "\")\""),
        (deep.as_str(), "nested"),
        (deeper.as_str(), "nested"),
        (lists.as_str(), "nested"),
        (sum.as_str(), "arithmetic operators"),
        (product.as_str(), "arithmetic operators"),
        ("id == 9223372036854775808", "out of range"),
        ("id in [1, -9223372036854775809]", "out of range"),
        ("id in {wide}", "cannot be compared"),
    ] {
        let error = found(filter).unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
    }
}
