//! Types of Parquet columns: which fields take them, and what is refused.

use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use super::parquet::{open, plain, read, small_file};
use super::write_parquet::{Column, file};
use super::{read_all, small};

#[test]
fn numbers_widen_and_old_lists_are_read() {
    let old = "repeated float v;";
    let bytes = small_file(
        2,
        &[
            ("v", old, json!([[1, 2], [3, 4]])),
            ("id", "required int32 id;", json!([7, 8])),
        ],
    );
    // A repeated column has no level for null, and no level below an element.
    let rows = read(bytes, &small(false)).unwrap();
    assert_eq!(
        (&rows[1]["id"], &rows[1]["v"]),
        (&json!(8), &json!([3.0, 4.0]))
    );
    let legacy = "optional group v (LIST) { repeated double array; }";
    let bytes = small_file(1, &[("v", legacy, json!([[1, 2.5]]))]);
    assert_eq!(
        read(bytes, &small(false)).unwrap()[0]["v"],
        json!([1.0, 2.5])
    );
}

/// Returns a column of one leaf.
pub(super) fn column(line: &str, values: Value) -> Column {
    let rows = values.as_array().unwrap().iter();
    let rows = rows.map(|value| (!value.is_null()).then(|| value.clone()));
    Column {
        line: line.to_owned(),
        leaves: vec![rows.collect()],
    }
}

pub(super) fn list_of(name: &str, element: &str) -> String {
    format!("optional group {name} (LIST) {{ repeated group list {{ optional {element}; }} }}")
}

/// Imports a field of this type together with a key. Returns the field's value in the first row, or the error.
pub(super) fn give(
    field: Value,
    columns: Vec<Column>,
    properties: WriterProperties,
) -> Result<Value, String> {
    let name = field["fieldName"].as_str().unwrap().to_owned();
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            field,
            {"fieldName": "other", "dataType": "FloatVector", "nullable": true, "elementTypeParams": {"dim": 2}},
        ]),
        false,
    );
    let rows = columns.first().map_or(0, |column| column.leaves[0].len());
    let ids: Vec<_> = (0..rows).collect();
    let mut all = vec![column("required int64 id;", json!(ids))];
    all.extend(columns);
    let rows = read(file(&all, properties, 9), &schema)?;
    Ok(rows[0][&name].clone())
}

#[test]
fn element_types_of_lists_never_narrow() {
    // Milvus checks the types inside lists (`parquet/util.go`, `isArrowDataTypeConvertible`).
    let array = |element: &str, nullable: bool| {
        json!({"fieldName": "a", "dataType": "Array", "elementDataType": element, "nullable": nullable,
            "elementTypeParams": {"max_capacity": 4, "max_length": 4}})
    };
    let give_list = |wanted: &str, element: &str, list: &Value| {
        let columns = vec![column(&list_of("a", element), json!([list]))];
        give(array(wanted, false), columns, plain())
    };
    for (wanted, element, list) in [
        ("Int32", "int32 element (INTEGER(8,true))", json!([1, 2])),
        ("Int64", "int32 element", json!([1])),
        ("Float", "int64 element", json!([1])),
        ("Double", "float element", json!([1.5])),
        ("Float", "double element", json!([1.5])),
        ("VarChar", "binary element (STRING)", json!(["x"])),
    ] {
        let found = give_list(wanted, element, &list);
        assert_eq!(found, Ok(list), "{wanted} {element}");
    }
    let wider = "expected Array(Int8, 4) as a list of int8, found a column of list<int64>";
    let int64 = "as a list of int32 or smaller, found a column of list<int64>";
    let binary = "as a list of string, found a column of list<binary>";
    let unsigned = "int32 element (INTEGER(32,false))";
    for (wanted, element, list, expected) in [
        ("Int8", "int64 element", json!([1]), wider),
        ("Int32", "int64 element", json!([1]), int64),
        (
            "Int64",
            "double element",
            json!([1.5]),
            "found a column of list<double>",
        ),
        (
            "Int32",
            unsigned,
            json!([1]),
            "found a column of list<uint32>",
        ),
        (
            "Bool",
            "int32 element",
            json!([1]),
            "as a list of bool, found",
        ),
        ("VarChar", "binary element", json!(["x"]), binary),
        (
            "Int8",
            "int32 element (UNKNOWN)",
            json!([]),
            "found a column of list<null>",
        ),
    ] {
        let message = give_list(wanted, element, &list).unwrap_err();
        assert!(message.contains(expected), "{wanted} {element}: {message}");
    }
    let empty = || vec![column(&list_of("a", "int32 element"), json!([[]]))];
    assert_eq!(give(array("Int32", false), empty(), plain()), Ok(json!([])));
    assert_eq!(
        give(array("Int32", true), empty(), plain()),
        Ok(Value::Null)
    );
    let none = || vec![column("optional int32 a (UNKNOWN);", json!([null]))];
    assert_eq!(give(array("Int32", true), none(), plain()), Ok(Value::Null));
    let message = give(array("Int32", false), none(), plain()).unwrap_err();
    assert!(message.contains("found a column of null"), "{message}");
    let double = json!({"fieldName": "f", "dataType": "Float"});
    let columns = vec![column("required double f;", json!([1e300]))];
    let message = give(double, columns, plain()).unwrap_err();
    assert!(
        message.contains("found 1e300, which is out of range"),
        "{message}"
    );
}

#[test]
fn vectors_are_read_in_the_forms_of_milvus() {
    let vector = |kind: &str, nullable: bool| json!({"fieldName": "v", "dataType": kind, "nullable": nullable, "elementTypeParams": {"dim": 8}});
    let eight = json!([[1, 2, 3, 4, 5, 6, 7, 8]]);
    let float = Ok(json!([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
    let give = |kind: &str, nullable: bool, line: &str, values: &Value| {
        give(
            vector(kind, nullable),
            vec![column(line, values.clone())],
            plain(),
        )
    };
    for element in ["double element", "int32 element", "int64 element"] {
        let line = list_of("v", element);
        assert_eq!(
            give("FloatVector", false, &line, &eight),
            float,
            "{element}"
        );
        // Milvus: `field_reader.go`, `ReadNullableFloatVectorData`.
        let message = give("FloatVector", true, &line, &eight).unwrap_err();
        assert!(
            message.contains("the only list that Milvus reads for a nullable vector"),
            "{message}"
        );
    }
    assert_eq!(
        give("FloatVector", true, &list_of("v", "float element"), &eight),
        float
    );
    let bytes = list_of("v", "int32 element (INTEGER(8,false))");
    for (kind, line, values, found) in [
        (
            "Int8Vector",
            bytes.as_str(),
            &eight,
            "as list<int8>, found a column of list<uint8>",
        ),
        (
            "Int8Vector",
            "optional binary v;",
            &json!(["abcdefgh"]),
            "found a column of binary",
        ),
        (
            "BinaryVector",
            "optional fixed_len_byte_array(1) v;",
            &json!(["a"]),
            "found a column of fixed_size_binary[1]",
        ),
        (
            "BinaryVector",
            "optional binary v;",
            &json!(["ab"]),
            "found 2 bytes",
        ),
        (
            "BinaryVector",
            &list_of("v", "int32 element (INTEGER(8,true))"),
            &json!([[1]]),
            "found a column of list<int8>",
        ),
        (
            "FloatVector",
            "optional binary v;",
            &json!(["abcdefgh"]),
            "found a column of binary",
        ),
    ] {
        let message = give(kind, false, line, values).unwrap_err();
        assert!(message.contains(found), "{kind} {line}: {message}");
    }
}

#[test]
fn sparse_structs_are_found_by_the_names_of_their_members() {
    // Milvus: `parquet/util.go`, `IsValidSparseVectorSchema`.
    let sparse = |nullable: bool| json!({"fieldName": "s", "dataType": "SparseFloatVector", "nullable": nullable});
    let line = |members: &[String]| format!("optional group s {{ {} }}", members.join(" "));
    let indices = list_of("indices", "int64 element");
    let values = list_of("values", "double element");
    let note = "optional binary note (STRING);".to_owned();
    let columns = |members: &[String], leaves: &[Value]| {
        let leaves = leaves
            .iter()
            .map(|leaf| column("", json!([leaf])).leaves.remove(0));
        vec![Column {
            line: line(members),
            leaves: leaves.collect(),
        }]
    };
    let (i, v) = (json!([7, 3]), json!([0.5, 1]));
    let expected = Ok(json!({"3": 1.0, "7": 0.5}));
    for (members, leaves) in [
        (
            vec![indices.clone(), values.clone()],
            vec![i.clone(), v.clone()],
        ),
        (
            vec![values.clone(), indices.clone()],
            vec![v.clone(), i.clone()],
        ),
        (
            vec![note.clone(), values.clone(), indices.clone()],
            vec![json!("x"), v.clone(), i.clone()],
        ),
    ] {
        assert_eq!(
            give(sparse(false), columns(&members, &leaves), plain()),
            expected
        );
    }
    let narrow = list_of("indices", "int32 element (INTEGER(16,true))");
    let message = give(
        sparse(false),
        columns(&[narrow, values.clone()], &[i.clone(), v.clone()]),
        plain(),
    );
    assert!(
        message
            .unwrap_err()
            .contains("found a column of struct<indices: list<int16>, values: list<double>>")
    );
    let message = give(
        sparse(false),
        columns(&[indices.clone(), note], &[i.clone(), json!("x")]),
        plain(),
    );
    assert!(
        message
            .unwrap_err()
            .contains("expected SparseFloatVector as string, holding JSON text, or a struct")
    );
    // A null row, and a row with null members (`field_reader.go`, `parseSparseFloatVectorStructRow`).
    let both = [indices, values];
    let null = columns(&both, &[Value::Null, Value::Null]);
    assert_eq!(give(sparse(true), null, plain()), Ok(Value::Null));
    let text = vec![column("optional binary s (STRING);", json!(["null"]))];
    assert_eq!(give(sparse(true), text, plain()), Ok(json!({})));
}

#[test]
fn columns_outside_the_schema_are_dropped_with_a_warning() {
    // Only `$meta` holds dynamic fields (Milvus: `parquet/util.go`, `CreateFieldReaders`).
    let more = [
        ("+", "optional int32 n;", json!([1, 2])),
        (
            "+",
            "optional binary $meta (STRING);",
            json!(["{\"m\": [9007199254740993]}", " null"]),
        ),
    ];
    let bytes = small_file(2, &more);
    let reader = open(bytes.clone(), &small(true)).unwrap();
    let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "column \"n\" is no field of the schema and was dropped: Milvus takes the dynamic fields of Parquet files only \
            from a column named $meta, which holds a JSON object a row"
        ]
    );
    let rows = read_all(reader).unwrap();
    assert_eq!(
        Value::Object(rows[0].clone()),
        json!({"id": 1, "name": "a", "v": [1.0, 0.5], "m": [9_007_199_254_740_993_u64]})
    );
    assert_eq!(
        Value::Object(rows[1].clone()),
        json!({"id": 2, "name": "a", "v": [2.0, 0.5]})
    );
    let reader = open(bytes, &small(false)).unwrap();
    let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2);
    assert_eq!(
        warnings[1],
        "column \"$meta\" is no field of the schema and was dropped (dynamic fields are off)"
    );
    assert_eq!(read_all(reader).unwrap()[0].len(), 3);
    let meta = ("+", "optional binary $meta (STRING);", json!(["{}", "[1]"]));
    let message = read(small_file(2, &[meta]), &small(true)).unwrap_err();
    assert!(
        message.starts_with("row 2, field \"$meta\": expected an object"),
        "{message}"
    );
    let number = ("+", "optional int32 $meta;", json!([1, 2]));
    let message = read(small_file(2, &[number]), &small(true)).unwrap_err();
    assert!(
        message.contains("field \"$meta\"")
            && message.contains("as string, found a column of int32"),
        "{message}"
    );
    let twice = ("+", "optional int64 id;", json!([1, 2]));
    let message = read(small_file(2, &[twice]), &small(true)).unwrap_err();
    assert_eq!(
        message,
        "field \"id\": expected one column of that name, found two"
    );
}
