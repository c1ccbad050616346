#[cfg(unix)]
mod fuzz;
mod limits;

use super::*;
use crate::formats::Batch;
use serde_json::json;
use std::sync::Arc;

/// Rows, filters, and the answers of a real Milvus 2.3.5.
const ANSWERS: &str = include_str!("../../../tests/conformance/filter-answers.json");

/// Filters whose answers differ between 2.3.5 and 2.6 or 3.0, with 3.0's answer according to its source; `None` is an
/// error.
const NEWER: &[(&str, Option<&[i64]>)] = &[
    // Infixes, suffixes, `_` and escapes of `like` (2.4).
    ("s like \"%b\"", Some(&[1, 4, 31, 34, 61, 64, 91, 94])),
    ("s like \"%an%\"", Some(&[7, 37, 67, 97])),
    ("s like \"a_b\"", Some(&[1, 4, 31, 34, 61, 64, 91, 94])),
    ("s like \"\"", Some(&[10, 40, 70, 100])),
    ("s like \"__\"", Some(&[13, 43, 73, 103])),
    (r#"s like "a\\_b""#, Some(&[1, 31, 61, 91])),
    // planparserv2/utils.go: combineBinaryArithExpr casts the operand (2.4).
    ("f * 2 > 19", Some(&[112, 115])),
    (
        "j[\"a\"] * 2 > 30",
        Some(&[43, 55, 67, 79, 91, 97, 103, 109, 115]),
    ),
    // utils.go: canArithmeticDataType (2.6).
    ("id % 2.0 == 1", None),
    // BinaryArithOpEvalRangeExpr.cpp: BinaryArithRangeJONCompareArrayLength.
    (
        "array_length(j[\"l\"]) > 1",
        Some(&[
            1, 7, 13, 19, 25, 31, 37, 43, 49, 55, 61, 67, 73, 79, 85, 91, 97, 103, 109, 115,
        ]),
    ),
    // The path means the whole JSON value (common/Json.h: at).
    ("json_contains(j, 1)", Some(&[])),
    ("j == 1", Some(&[])),
    // UnaryExpr.cpp, "JSON 3VL semantics" (3.0): a value of another type isn't unequal.
    (
        "j[\"a\"] != 8",
        Some(&[
            1, 7, 13, 25, 31, 37, 43, 49, 55, 61, 67, 73, 79, 85, 91, 97, 103, 109, 115,
        ]),
    ),
    // common/Json.h: isObjectEmpty (2.5).
    ("exists j[\"e\"]", Some(&[8])),
    ("exists j[\"l\"]", Some(&[8])),
    ("exists j[\"o\"]", Some(&[])),
    ("id is null", Some(&[])),
    // Keywords in upper case (2.4), powers of integers (operators.go: Power, 2.4).
    ("id == 1 OR id == 8", Some(&[1, 8])),
    ("id == 2 ** 3", Some(&[8])),
    ("false", Some(&[])),
    ("not true", Some(&[])),
];

/// Filters with constants (`VisitLogicalAnd`, 3.0; rewriter/entry.go: `visitValueExpr`) or nulls (2.5), and the only
/// row that each excludes.
const NEWER_WITHOUT: &[(&str, i64)] = &[
    ("id is not null", i64::MIN),
    ("1 == 1", i64::MIN),
    ("true", i64::MIN),
    ("true and id > 5", 5),
    ("id > 5 and true", 5),
];

fn schema_of_answers() -> Schema {
    Schema::from_create_body(&json!({ "schema": { "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "b", "dataType": "Bool" },
        { "fieldName": "i8", "dataType": "Int8" },
        { "fieldName": "i32", "dataType": "Int32" },
        { "fieldName": "f", "dataType": "Float" },
        { "fieldName": "d", "dataType": "Double" },
        { "fieldName": "s", "dataType": "VarChar", "elementTypeParams": { "max_length": 20 } },
        { "fieldName": "j", "dataType": "JSON" },
        { "fieldName": "arr", "dataType": "Array", "elementDataType": "Int64", "elementTypeParams": { "max_capacity": 8 } },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]}}))
    .unwrap()
}

fn schema() -> Schema {
    Schema::from_create_body(&json!({ "schema": { "enableDynamicField": true, "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "name", "dataType": "VarChar", "nullable": true, "elementTypeParams": { "max_length": 65535 } },
        { "fieldName": "share", "dataType": "Float" },
        { "fieldName": "good", "dataType": "Bool" },
        { "fieldName": "doc", "dataType": "JSON", "nullable": true },
        { "fieldName": "tags", "dataType": "Array", "elementDataType": "Int32", "elementTypeParams": { "max_capacity": 4 } },
        { "fieldName": "parts", "dataType": "Array", "elementDataType": "Float", "elementTypeParams": { "max_capacity": 4 } },
        { "fieldName": "words", "dataType": "Array", "elementDataType": "VarChar", "elementTypeParams": { "max_capacity": 4, "max_length": 9 } },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]}}))
    .unwrap()
}

/// Rows of a schema, to run filters on.
struct Rows {
    schema: Arc<Schema>,
    columns: Loaded,
    count: usize,
}

impl Rows {
    fn new(schema: Schema, rows: &[Value]) -> Self {
        let schema = Arc::new(schema);
        // Rows are read as in an insert call, so JSON fields may have any value.
        let mut batch = Batch::new(&schema).loose();
        for row in rows {
            batch.push_json(row.to_string().as_bytes(), 1).unwrap();
        }
        let columns = batch.columns().iter().chain(batch.meta()).cloned();
        Self {
            columns: columns.enumerate().collect(),
            count: rows.len(),
            schema,
        }
    }

    /// Returns the ids of the rows that match a filter, or the error.
    fn found(&self, filter: &str) -> Result<Vec<i64>, String> {
        let params =
            json!({ "ids": [1, -2], "one": 1.0, "half": 0.5, "start": "a%", "wide": [u64::MAX] });
        let filter = Filter::parse(filter, &self.schema, params.as_object().unwrap())?;
        let limit = EvalLimit::new(&|| false);
        let id = |row: usize| self.columns[&0].int64(row).unwrap();
        let rows = (0..self.count).filter(|row| filter.test(&self.columns, *row, &limit));
        Ok(rows.map(id).collect())
    }
}

fn found(filter: &str) -> Result<Vec<i64>, String> {
    sample().found(filter)
}

fn sample() -> Rows {
    let rows = [
        json!({"id": 1, "name": "abc", "share": 0.1, "good": true, "doc": {"a": {"b": [5, "x", 2.0]}, "n": 1, "q\"": 1}, "tags": [7], "parts": [0.1], "words": ["ab", "c"], "v": [0, 0], "extra": 10}),
        json!({"id": -2, "name": null, "share": 2.5, "good": false, "doc": 3, "tags": [], "parts": [], "words": [], "v": [0, 0], "extra": "ten"}),
        json!({"id": i64::MAX, "name": "a%c", "share": -1, "good": true, "doc": null, "tags": [1, 2], "parts": [2.5, 1], "words": ["ab"], "v": [0, 0]}),
        json!({"id": 9_007_199_254_740_993_i64, "name": "", "share": 0, "good": false, "doc": "text", "tags": [2], "parts": [0.5], "words": ["x"], "v": [0, 0], "extra": 2.5}),
    ];
    Rows::new(schema(), &rows)
}

#[test]
fn filters_match_milvus_2_3_5_or_newer() {
    let mut known: Vec<_> = NEWER.iter().map(|(filter, _)| *filter).collect();
    known.extend(NEWER_WITHOUT.iter().map(|(filter, _)| *filter));
    let sets: Vec<Value> = serde_json::from_str(ANSWERS).unwrap();
    for set in sets {
        let rows = Rows::new(schema_of_answers(), set["rows"].as_array().unwrap());
        for (filter, answer) in set["answers"].as_object().unwrap() {
            let newer = NEWER.iter().find(|(known, _)| known == filter);
            let without = NEWER_WITHOUT.iter().find(|(known, _)| known == filter);
            let ids = match (newer, without) {
                (Some((_, ids)), _) => ids.map(<[i64]>::to_vec),
                (_, Some((_, most))) => {
                    let ids = set["rows"].as_array().unwrap().iter();
                    Some(
                        ids.map(|row| row["id"].as_i64().unwrap())
                            .filter(|id| id > most)
                            .collect(),
                    )
                }
                _ => serde_json::from_value(answer.clone()).ok(),
            };
            let differs = serde_json::from_value(answer.clone()).ok() != ids;
            let is_known = newer.is_some() || without.is_some();
            assert_eq!(
                differs, is_known,
                "{filter} is listed and doesn't differ, or the other way"
            );
            known.retain(|known| known != filter);
            let found = rows.found(filter);
            assert_eq!(found.clone().ok(), ids, "{filter}: {found:?}");
        }
    }
    assert_eq!(known, [""; 0], "filters that are listed but not asked for");
}

const MAX: i64 = i64::MAX;

/// 2^53 + 1, which has no exact float.
const BIG: i64 = 9_007_199_254_740_993;

/// Filters and the matching rows, according to the source of Milvus 3.0.
const BY_SOURCE: &[(&str, &[i64])] = &[
    // 64-bit integers are compared exactly (JsonNumberComparison.h).
    ("id in [1, -2]", &[1, -2]),
    ("id in []", &[]),
    ("id not in [1,-2,]", &[MAX, BIG]),
    ("id == 9007199254740993", &[BIG]),
    ("id == 9007199254740992", &[]),
    ("id>=9223372036854775807", &[MAX]),
    ("id > -9223372036854775808 and id<=1", &[1, -2]),
    ("-2 <= id < 1", &[-2]),
    ("5 > id && !(id == 1)", &[-2]),
    ("id == 1 or id == -2 and good == true", &[1]),
    ("(id == 1 || id == -2) AND not (good == true)", &[-2]),
    // Null makes a comparison neither true nor false (common/ValueOp.h: ThreeValuedLogicOp).
    ("name != \"abc\"", &[MAX, BIG]),
    ("not (name == \"abc\")", &[MAX, BIG]),
    ("name == \"abc\" or true", &[1, -2, MAX, BIG]),
    ("name is null", &[-2]),
    ("name IS NOT NULL and name in [\"\", \"abc\"]", &[1, BIG]),
    ("not (name in [])", &[1, MAX, BIG]),
    ("doc is null", &[MAX]),
    // 32-bit floats (UnaryExpr.cpp: GetValueFromProto<float>), and in arrays (TermExpr.cpp, BinaryRangeExpr.cpp).
    ("share == 0.1", &[1]),
    ("share in [0.1, 0]", &[1, BIG]),
    ("share * 2 == 5", &[-2]),
    ("0 <= share < 1", &[1, BIG]),
    ("parts[0] == 0.1", &[1]),
    ("parts[0] in [0.1]", &[1]),
    ("parts[0] in [0.1, 2.5]", &[MAX]),
    ("0.1 <= parts[0] <= 0.5", &[1, BIG]),
    ("parts[0] + 0.5 == 1", &[BIG]),
    ("array_contains(parts, 0.1)", &[1]),
    ("parts == [2.5, 1.0]", &[MAX]),
    ("parts == [2, 1]", &[]),
    // like
    ("name like \"a%\"", &[1, MAX]),
    ("name like \"a\\\\%c\"", &[MAX]),
    ("name like r\"a\\%c\"", &[MAX]),
    ("name like \"%b_\"", &[1]),
    ("name like \"%\"", &[1, MAX, BIG]),
    ("not name like \"a%\"", &[BIG]),
    ("name like {start}", &[1, MAX]),
    ("words[0] like \"a_\"", &[1, MAX]),
    // JSON keys are a JSON pointer (common/Json.h: pointer); indexes of lists are keys too.
    ("doc[\"a\"]['b'][0] == 5", &[1]),
    ("doc[\"a\"][\"b\"][\"0\"] == 5", &[1]),
    ("doc[\"a\"][\"b\"][1] == \"x\"", &[1]),
    ("doc[\"a\"][\"b\"][2] == 2", &[1]),
    ("doc[r\"n\"] == 1", &[1]),
    ("doc[\"q\\\"\"] == 1", &[1]),
    ("doc == 3", &[-2]),
    ("doc == \"text\"", &[BIG]),
    ("doc != 4", &[-2]),
    ("tags[0] > 1", &[1, BIG]),
    ("not (tags[1] == 2)", &[]),
    ("tags[1] in [2]", &[MAX]),
    ("extra == 10", &[1]),
    ("extra > 2", &[1, BIG]),
    ("extra == 2.5", &[BIG]),
    ("$meta[\"extra\"] == \"ten\"", &[-2]),
    ("extra is null", &[MAX]),
    ("extra in [10, \"ten\"]", &[1, -2]),
    ("extra not in [10]", &[BIG]),
    ("extra not in [10, \"x\"]", &[]),
    ("extra + 1 == 11", &[1]),
    ("extra / 2 == 5", &[1]),
    // Lists (exec/expression/Utils.h: CompareTwoJsonArray; common/Array.h: is_same_array).
    ("tags == [1, 2]", &[MAX]),
    ("tags != [1, 2]", &[1, -2, BIG]),
    ("tags == []", &[-2]),
    ("tags in [[7], [2]]", &[1, BIG]),
    ("words == [\"ab\"]", &[MAX]),
    ("doc[\"a\"][\"b\"] == [5, \"x\", 2.0]", &[1]),
    ("doc[\"a\"][\"b\"] == [5, \"x\", 2]", &[]),
    ("json_contains(doc[\"a\"][\"b\"], 2)", &[1]),
    ("JSON_CONTAINS_ALL(doc[\"a\"]['b'], [\"x\", 5])", &[1]),
    ("json_contains_any(doc[\"a\"]['b'], [[5], \"y\"])", &[]),
    ("array_length(tags) == 1", &[1, BIG]),
    ("ARRAY_LENGTH(tags) < 1", &[-2]),
    ("array_length(doc[\"a\"][\"b\"]) == 3", &[1]),
    ("not array_contains(tags, 2) and id > 0", &[1]),
    ("array_contains_all(tags, [1, 2])", &[MAX]),
    ("array_contains_any(tags, [7, 1])", &[1, MAX]),
    ("json_contains_any(tags, {ids})", &[MAX]),
    ("exists doc[\"a\"][\"b\"]", &[1]),
    ("exists extra and not exists doc[\"a\"]", &[-2, BIG]),
    ("exists (doc[\"a\"])", &[1]),
    // Values of exprParams; whole floats are integers (httpserver/utils.go: getTemplateType).
    ("id in {ids}", &[1, -2]),
    ("id == {one}", &[1]),
    ("id + {one} == 2", &[1]),
    ("share > {half}", &[-2]),
    // Two fields, arithmetic, bits, and the constants' notations.
    ("id > share", &[1, MAX, BIG]),
    ("id % 2 == 0", &[-2]),
    ("(id & 1) == 1", &[1, MAX, BIG]),
    ("id == 3 - 1 * 2 ** 1", &[1]),
    ("id == 0x1 or id == -0b10", &[1, -2]),
    ("id == +1", &[1]),
    ("share == .25e1", &[-2]),
    ("name == \"\\u0061\\x62c\"", &[1]),
    ("false or id == 1", &[1]),
];

#[test]
fn filters_match_the_source_of_milvus_3_0() {
    for (filter, ids) in BY_SOURCE {
        let found = found(filter);
        assert_eq!(found.as_deref(), Ok(*ids), "{filter}");
    }
}

#[test]
fn refused_filters_are_explained() {
    let deep = format!("{}id == 1", "(".repeat(5000));
    let deeper = format!("{}id{} == 1", "(".repeat(5000), ")".repeat(5000));
    let nots = format!("{}(id == 1)", "not ".repeat(5000));
    let lists = format!("json_contains(doc, {}", "[".repeat(5000));
    let sum = format!("id{} > 5", "+1".repeat(50_000));
    let many = vec!["id == 1"; MAX_CONDITIONS_TESTED].join(" or ");
    for (filter, part) in [
        ("id = 1", "=="),
        ("id", "boolean expression"),
        ("good", "b == true"),
        ("not good", "not (a == 1)"),
        ("id in 5", "a list"),
        ("id in [1", "\"]\""),
        ("id == ", "too early"),
        ("id == \"1\"", "not supported"),
        ("id == 1.0", "a float"),
        ("name == 'x", "closing quote"),
        ("name == '\\d'", "escape sequence"),
        ("v == 1", "not supported"),
        ("v is null", "vector fields"),
        ("tags == 1", "an array can't be compared"),
        ("tags > [1]", "arrays can only be compared"),
        ("tags[\"a\"] == 1", "integer index"),
        ("id ** 2 == 0", "constants"),
        ("id & 1 == 1", "can't be calculated"),
        ("id << 1 == 2", "<<"),
        ("name =~ \"a.*\"", "=~"),
        ("name + 1 == 0", "can't be calculated"),
        ("id + 1", "boolean expression"),
        ("id + 1 in [1]", "single field"),
        ("2 - id == 1", "before the field"),
        ("id / 0 == 1", "by zero"),
        ("1 % 0 == id", "calculated"),
        ("5 < id < 5", "lowerbound"),
        ("text_match(name, 'a')", "text_match"),
        ("PHRASE_MATCH(name, 'a')", "phrase_match"),
        ("st_within(name, 'a')", "st_within"),
        ("random_sample(0.5)", "random_sample"),
        ("element_filter(x, $[a] > 1)", "element_filter"),
        ("x[0][a] == 1", "x[0][a]"),
        ("empty(name)", "empty"),
        ("name like \"a\\\\\"", "ends with"),
        ("id like \"a\"", "non-string"),
        ("json_contains(name, 1)", "JSON or array"),
        ("array_contains(tags, \"x\")", "an integer"),
        ("array_contains_any(tags, 1)", "list"),
        ("array_length(id) == 1", "array_length"),
        ("exists name", "exists takes a key"),
        ("exists (doc[\"a\"]", "\")\""),
        ("id == name", "not supported"),
        ("doc == doc", "two column"),
        ("NULL == 1", "is null"),
        ("é == 1", "$meta"),
        ("id in {none}", "none"),
        ("id == 1 2", "not expected"),
        ("id == 1 §", "not expected"),
        ("(id == 1", "\")\""),
        (deep.as_str(), "nested"),
        (deeper.as_str(), "nested"),
        (nots.as_str(), "nested"),
        (lists.as_str(), "nested"),
        (sum.as_str(), "one operator"),
        (many.as_str(), "10000 conditions"),
        ("id == 9223372036854775808", "out of range"),
        ("id in [1, -9223372036854775809]", "out of range"),
        ("share > 1e400", "out of range"),
        ("id in {wide}", "can't be compared"),
    ] {
        let error = found(filter).unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// One condition more than the limit.
const MAX_CONDITIONS_TESTED: usize = 10_001;
