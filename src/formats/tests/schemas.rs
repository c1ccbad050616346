//! Schemas from create bodies and describe responses.

use serde_json::{Value, json};

use super::every_type;
use crate::formats::{DataType, Schema};

pub(super) fn create(body: &Value) -> Schema {
    Schema::from_create_body(body).unwrap()
}

pub(super) fn refused(body: &Value) -> String {
    Schema::from_create_body(body).unwrap_err().to_string()
}

/// Returns the error for a schema of a key, a vector and the given field.
fn refused_field(field: Value) -> String {
    refused(&json!({"schema": {"fields": [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        field,
    ]}}))
}

#[test]
fn the_quick_form_has_its_defaults() {
    let schema = create(&json!({"collectionName": "c", "dimension": 5}));
    let names: Vec<_> = schema
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names, ["id", "vector"]);
    assert!(schema.dynamic);
    assert!(!schema.auto_id());
    assert_eq!(schema.primary().unwrap().data_type, DataType::Int64);
    assert_eq!(
        schema.field("vector").unwrap().data_type,
        DataType::FloatVector { dim: 5 }
    );
}

#[test]
fn the_quick_form_takes_its_options() {
    let schema = create(&json!({"dimension": 8, "idType": "VarChar", "autoID": true,
        "primaryFieldName": "key", "vectorFieldName": "emb",
        "params": {"max_length": "64", "enableDynamicField": false}}));
    assert_eq!(schema.fields[0].name, "key");
    assert_eq!(
        schema.fields[0].data_type,
        DataType::VarChar { max_length: 64 }
    );
    assert_eq!(schema.fields[1].name, "emb");
    assert!(schema.auto_id());
    assert!(!schema.dynamic);
}

#[test]
fn stored_schemas_are_read_in_every_spelling() {
    let stored = json!([
        {"name": "id", "type": 5, "is_primary": true, "auto_id": "true"},
        {"name": "t", "type": "varchar", "max_length": "9", "default_value": "x"},
        {"name": "v", "type": "FLOAT_VECTOR", "params": {"dim": 4}},
    ]);
    let schema = Schema::from_stored_body(&stored).unwrap();
    assert!(schema.auto_id());
    assert_eq!(
        schema.fields[1].data_type,
        DataType::VarChar { max_length: 9 }
    );
    assert_eq!(schema.fields[1].default, Some(json!("x")));
    assert_eq!(schema.fields[2].data_type, DataType::FloatVector { dim: 4 });
    // A new create call must follow Milvus' rules.
    assert!(refused(&stored).contains("the body of a collections/create call"));
}

#[test]
fn describe_reads_back_what_it_wrote() {
    let mut schema = (*every_type()).clone();
    schema.fields[4].default = Some(json!(7));
    schema.fields[5].partition_key = true;
    schema.fields[5].nullable = false;
    let data = json!({"collectionName": "c", "enableDynamicField": true,
        "fields": schema.to_describe_fields(), "structFields": schema.to_describe_structs()});
    assert_eq!(Schema::from_describe(&data).unwrap(), schema);
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema);
}

#[test]
fn describe_of_milvus_is_read() {
    let data = json!({"autoId": true, "enableDynamicField": true, "fields": [
        {"id": 100, "name": "id", "type": "Int64", "primaryKey": true, "autoId": true, "partitionKey": false},
        {"id": 101, "name": "n", "type": "Int32", "defaultValue": {"Data": {"IntData": 3}}},
        {"id": 102, "name": "tags", "type": "Array", "elementType": "VarChar",
            "params": [{"key": "max_length", "value": "5"}, {"key": "max_capacity", "value": "6"}]},
        {"id": 103, "name": "v", "type": "FloatVector", "params": [{"key": "dim", "value": "8"}]},
    ]});
    let schema = Schema::from_describe(&data).unwrap();
    assert!(schema.auto_id() && schema.dynamic);
    assert_eq!(schema.fields[1].default, Some(json!(3)));
    assert_eq!(
        schema.fields[2].data_type.to_string(),
        "Array(VarChar(5), 6)"
    );
}

#[test]
fn each_rule_has_its_message() {
    let plain = |name: &str, kind: &str| json!({"fieldName": name, "dataType": kind});
    let with = |kind: &str, params: Value| json!({"fieldName": "x", "dataType": kind, "elementTypeParams": params});
    let array = |element: &str| {
        json!({"fieldName": "x", "dataType": "Array", "elementDataType": element,
        "elementTypeParams": {"max_capacity": 4097, "max_length": 8, "dim": 2}})
    };
    let cases = [
        (plain("id", "Bool"), "the name is used twice"),
        (plain("1x", "Bool"), "does not start with a digit"),
        (plain("a-b", "Bool"), "letters, digits and underscores"),
        (plain("x", "Blob"), "the types are Bool, Int8"),
        // Milvus: `handler_v2.go`, "is invalid(case sensitive)".
        (
            plain("x", "VARCHAR"),
            "unknown type \"VARCHAR\" (case matters)",
        ),
        (plain("x", "floatvector"), "case matters"),
        (
            json!({"fieldName": "x", "dataType": 5}),
            "dataType to be a text, found 5",
        ),
        // Milvus: `util.go`, `validateFieldType`.
        (plain("x", "String"), "use VarChar"),
        (plain("x", "ArrayOfStruct"), "only possible in structFields"),
        (plain("x", "ArrayOfVector"), "only possible in structFields"),
        // Milvus: `keywords.go`; `validateFieldName`, `validateReservedFieldNames`.
        (plain("in", "Bool"), "keyword of filters"),
        (plain("json_contains", "Bool"), "keyword of filters"),
        (plain("Null", "Bool"), "keyword of filters"),
        (plain("$meta", "JSON"), "keyword of filters"),
        (plain("RowID", "Int64"), "reserved"),
        (plain("Timestamp", "Int64"), "reserved"),
        (plain("", "Bool"), "a name consists of"),
        (plain("x", "VarChar"), "max_length is missing"),
        (plain("x", "FloatVector"), "dim is missing"),
        (
            with("FloatVector", json!({"dim": 0})),
            "dim must be 2 to 32768, found 0",
        ),
        (with("FloatVector", json!({"dim": 32769})), "found 32769"),
        // Milvus: `util.go`, `validateDimension`.
        (with("FloatVector", json!({"dim": 1})), "found 1"),
        (
            with("FloatVector", json!({"dim": "2.5"})),
            "dim must be a whole number, found 2.5",
        ),
        (
            with("BinaryVector", json!({"dim": 262_152})),
            "dim must be 8 to 262144",
        ),
        (
            with("SparseFloatVector", json!({"dim": 8})),
            "dim must not be given",
        ),
        (
            with("FloatVector", json!({"dim": -1})),
            "dim must be a whole number, found -1",
        ),
        (
            with("BinaryVector", json!({"dim": 12})),
            "multiple of 8, found 12",
        ),
        (
            with("VarChar", json!({"max_length": 65536})),
            "max_length must be 1 to 65535",
        ),
        (array("Int8"), "max_capacity must be 1 to 4096"),
        (array("JSON"), "cannot be JSON"),
        (array("Array"), "cannot be Array"),
    ];
    for (field, expected) in cases {
        let message = refused_field(field.clone());
        assert!(message.contains(expected), "{field}: {message}");
    }
}

#[test]
fn roles_and_defaults_are_checked() {
    let cases = [
        (
            json!({"fieldName": "x", "dataType": "Int64", "isPrimary": true}),
            "only one field may be the primary",
        ),
        (
            json!({"fieldName": "x", "dataType": "Int64", "autoId": true}),
            "autoID belongs beside fields",
        ),
        (
            json!({"fieldName": "x", "dataType": "Int8", "defaultValue": 128}),
            "must fit Int8, found 128",
        ),
        (
            json!({"fieldName": "x", "dataType": "Int8", "defaultValue": "1"}),
            "found text \"1\"",
        ),
        (
            json!({"fieldName": "x", "dataType": "Float", "defaultValue": 1e39}),
            "must fit Float",
        ),
        (
            json!({"fieldName": "x", "dataType": "JSON", "defaultValue": {}}),
            "cannot have a default value",
        ),
        (
            json!({"fieldName": "x", "dataType": "Bool", "isPartitionKey": true}),
            "a partition key is Int64 or VarChar",
        ),
        // Milvus: `task.go`, `validatePartitionKey` and `validateClusteringKey`.
        (
            json!({"fieldName": "x", "dataType": "Int64", "isPartitionKey": true, "nullable": true}),
            "partition key field not support nullable",
        ),
        (
            json!({"fieldName": "x", "dataType": "JSON", "isClusteringKey": true}),
            "a clustering key is a number or a VarChar",
        ),
        (
            json!({"fieldName": "x", "dataType": "Geometry", "defaultValue": "POINT(1"}),
            "must fit Geometry",
        ),
        (
            json!({"fieldName": "x", "dataType": "Timestamptz", "defaultValue": 5}),
            "must fit Timestamptz",
        ),
        (
            json!({"fieldName": "x", "dataType": "Text", "defaultValue": "a"}),
            "a Text field cannot have a default value",
        ),
        // The wire form is only for responses (Milvus: `utils.go`, `convertDefaultValue`).
        (
            json!({"fieldName": "x", "dataType": "Int64", "defaultValue": {"Data": {"LongData": 5}}}),
            "the default value must fit Int64",
        ),
        (
            json!({"fieldName": "x", "dataType": "Int64", "externalField": "y"}),
            "externalField (an external collection) is not supported",
        ),
        (json!({"dataType": "Bool"}), "a name consists of"),
        (json!(3), "fields to be a list of objects, found 3"),
    ];
    for (field, expected) in cases {
        let message = refused_field(field.clone());
        assert!(message.contains(expected), "{field}: {message}");
    }
}

#[test]
fn a_schema_needs_key_and_vector() {
    let vector =
        json!({"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}});
    let key = |kind: &str, nullable: bool| json!({"fieldName": "id", "dataType": kind, "isPrimary": true, "nullable": nullable});
    let of = |fields: Value| refused(&json!({"schema": {"fields": fields}}));
    assert!(of(json!([vector])).contains("no field is the primary key"));
    assert!(of(json!([key("Int64", false)])).contains("at least one vector"));
    assert!(of(json!([key("Int32", false), vector])).contains("is Int64 or VarChar, found Int32"));
    assert!(of(json!([key("Int64", true), vector])).contains("cannot be nullable"));
    assert!(refused(&json!({})).contains("dimension is missing"));
    assert!(refused(&json!({"dimension": 2, "idType": "Float"})).contains("idType must be"));
    assert!(refused(&json!("x")).contains("found text \"x\""));
}
