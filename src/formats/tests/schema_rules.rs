//! Rules of create calls, each with its source in Milvus.

use serde_json::{Value, json};

use super::schemas::{create, refused};
use crate::formats::{DataType, Schema};

/// Milvus: `httpserver/utils.go`, `printFieldDetail`, `printStructArrayFieldsV2`, `printFunctionDetails`.
#[test]
fn descriptions_have_milvus_form() {
    let schema = create(
        &json!({"properties": {"timezone": "Asia/Shanghai"}, "schema": {
            "fields": [
                {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
                {"fieldName": "n", "dataType": "Int64", "defaultValue": 5.5, "isClusteringKey": true},
                {"fieldName": "ts", "dataType": "Timestamptz", "defaultValue": "2026-01-31T08:30:00Z"},
                {"fieldName": "text", "dataType": "VarChar", "elementTypeParams": {"max_length": 9, "enable_analyzer": true}},
                {"fieldName": "sparse", "dataType": "SparseFloatVector"},
            ],
            "functions": [{"name": "bm25", "type": "BM25", "inputFieldNames": ["text"], "outputFieldNames": ["sparse"]}],
            "structFields": [{"fieldName": "parts", "typeParams": {"max_capacity": 3}, "fields": [
                {"fieldName": "n", "dataType": "Array", "elementDataType": "Int8"},
                {"fieldName": "v", "dataType": "ArrayOfVector", "elementDataType": "FloatVector", "elementTypeParams": {"dim": 2}},
            ]}],
        }}),
    );
    let fields = schema.to_describe_fields();
    assert_eq!(fields[1]["defaultValue"], json!({"Data": {"LongData": 5}}));
    assert_eq!(
        (&fields[1]["id"], &fields[1]["clusteringKey"]),
        (&json!(101), &json!(true))
    );
    let in_shanghai = json!({"Data": {"StringData": "2026-01-31T16:30:00+08:00"}});
    assert_eq!(fields[2]["defaultValue"], in_shanghai);
    let analyzed =
        json!([{"key": "max_length", "value": "9"}, {"key": "enable_analyzer", "value": "true"}]);
    assert_eq!(fields[3]["params"], analyzed);
    assert_eq!(fields[4]["isFunctionOutput"], json!(true));
    assert_eq!(fields.len(), 5);
    let structs = schema.to_describe_structs();
    let parts = &structs[0];
    assert_eq!(
        (&parts["id"], &parts["type"], &parts["fields"][1]["id"]),
        (&json!(105), &json!("ArrayOfStruct"), &json!(107))
    );
    let vector = &parts["fields"][1];
    let params = json!([{"key": "dim", "value": "2"}, {"key": "max_capacity", "value": "3"}]);
    assert_eq!(
        (&vector["type"], &vector["elementType"], &vector["params"]),
        (&json!("ArrayOfVector"), &json!("FloatVector"), &params)
    );
    let functions = schema.to_describe_functions();
    assert_eq!(
        (&functions[0]["type"], &functions[0]["id"]),
        (&json!(1), &json!(100))
    );
    let data = json!({"fields": fields, "structFields": structs, "functions": functions,
        "properties": schema.to_describe_properties()});
    let again = Schema::from_describe(&data).unwrap();
    assert_eq!(again.functions, schema.functions);
    assert_eq!(again.fields[4], schema.fields[4]);
    assert_eq!(again.property("timezone"), Some("Asia/Shanghai"));
}

/// Returns the error for a schema with a key, text fields, vectors and these functions.
fn refused_functions(functions: &Value) -> String {
    refused(&json!({"schema": {"functions": functions, "fields": [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "t", "dataType": "VarChar", "elementTypeParams": {"max_length": 9, "enable_analyzer": "true"}},
        {"fieldName": "u", "dataType": "VarChar", "elementTypeParams": {"max_length": 9}},
        {"fieldName": "s", "dataType": "SparseFloatVector"},
        {"fieldName": "s2", "dataType": "SparseFloatVector"},
        {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 4}},
    ]}}))
}

/// Milvus: `internal/util/function/validator/validator.go`.
#[test]
fn functions_are_checked() {
    let function = |kind: &str, input: &str, output: &str| json!({"name": "f", "type": kind, "inputFieldNames": [input], "outputFieldNames": [output]});
    let bm25 = |key: &str, value: Value| {
        let mut function = function("BM25", "t", "s");
        function[key] = value;
        function
    };
    for (functions, expected) in [
        (
            json!([function("Rerank", "t", "s")]),
            "unsupported function type \"Rerank\"",
        ),
        (
            json!([function("bm25", "t", "s")]),
            "unsupported function type",
        ),
        (
            json!([function("BM25", "x", "s")]),
            "\"x\" isn't in the schema",
        ),
        (
            json!([function("BM25", "t", "x")]),
            "\"x\" isn't in the schema",
        ),
        (
            json!([function("BM25", "id", "s")]),
            "must be VarChar or Text",
        ),
        (json!([function("BM25", "u", "s")]), "enable_analyzer"),
        (
            json!([function("BM25", "t", "v")]),
            "must be a SparseFloatVector",
        ),
        (
            json!([function("MinHash", "t", "v")]),
            "must be a BinaryVector",
        ),
        (json!([function("TextEmbedding", "t", "v")]), "needs params"),
        (json!([bm25("params", json!({"k": 1}))]), "takes no params"),
        (json!([bm25("name", json!(""))]), "its name is empty"),
        (
            json!([bm25("inputFieldNames", json!([]))]),
            "inputFieldNames is empty",
        ),
        (
            json!([bm25("outputFieldNames", json!(["s", "s2"]))]),
            "one output field",
        ),
        (
            json!([bm25("name", json!("f")), function("BM25", "t", "s2")]),
            "the same name",
        ),
        (
            json!([function("BM25", "t", "s"), bm25("name", json!("g"))]),
            "another function computes",
        ),
    ] {
        let message = refused_functions(&functions);
        assert!(message.contains(expected), "{functions}: {message}");
    }
}

/// Milvus: `request_v2.go`, `StructArrayFieldSchema.GetProto`; `proxy/util.go`, `ValidateStructArrayField`.
#[test]
fn struct_arrays_are_checked() {
    let of = |name: &str, kind: &str, element: &str, params: Value| json!({"fieldName": name, "dataType": kind, "elementDataType": element, "elementTypeParams": params});
    let number = || of("n", "Array", "Int8", json!({"max_capacity": 3}));
    let with = |key: &str, value: Value| {
        let mut sub = number();
        sub[key] = value;
        sub
    };
    let vector = |element: &str, dim: u32| {
        of(
            "v",
            "ArrayOfVector",
            element,
            json!({"max_capacity": 3, "dim": dim}),
        )
    };
    for (fields, expected) in [
        (json!([]), "at least one sub-field"),
        (
            json!([with("dataType", json!("Int8"))]),
            "must be an Array or an ArrayOfVector",
        ),
        (
            json!([with("elementDataType", json!("Array"))]),
            "cannot be Array",
        ),
        (
            json!([with("elementDataType", json!("JSON"))]),
            "cannot be JSON",
        ),
        (
            json!([with("elementTypeParams", json!({}))]),
            "max_capacity is missing",
        ),
        (
            json!([with("elementTypeParams", json!({"max_capacity": 4097}))]),
            "1 to 4096",
        ),
        (
            json!([with("isPrimary", json!(true))]),
            "can't be the primary key",
        ),
        (json!([with("nullable", json!(true))]), "can't be nullable"),
        (
            json!([with("defaultValue", json!(1))]),
            "can't have a default value",
        ),
        (
            json!([with("fieldName", json!("in"))]),
            "keyword of filters",
        ),
        (json!([number(), number()]), "used twice"),
        (
            json!([
                number(),
                of("m", "Array", "Int8", json!({"max_capacity": 4}))
            ]),
            "the same max_capacity",
        ),
        (json!([vector("FloatVector", 1)]), "dim must be 2 to 32768"),
        (
            json!([vector("SparseFloatVector", 2)]),
            "cannot be SparseFloatVector",
        ),
        (json!([vector("Int8", 2)]), "can't be Int8"),
    ] {
        let message = refused(&json!({"schema": {
            "fields": [
                {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
                {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
            ],
            "structFields": [{"fieldName": "s", "fields": fields}],
        }}));
        assert!(message.contains(expected), "{fields}: {message}");
    }
}

/// Milvus: `configs/milvus.yaml`, `proxy.maxFieldNum` and `proxy.maxVectorFieldNum`.
#[test]
fn fields_are_counted() {
    let schema = |scalars: usize, vectors: usize| {
        let mut fields = vec![json!({"fieldName": "id", "dataType": "Int64", "isPrimary": true})];
        let plain = |name: String, kind: &str| json!({"fieldName": name, "dataType": kind});
        fields.extend((0..scalars).map(|n| plain(format!("s{n}"), "Int8")));
        fields.extend((0..vectors).map(|n| plain(format!("v{n}"), "SparseFloatVector")));
        let body = json!({"schema": {"fields": fields}});
        Schema::from_create_body(&body).map_err(|error| error.to_string())
    };
    assert!(schema(245, 10).is_ok());
    assert!(schema(246, 10).unwrap_err().contains("at most 256 fields"));
    let vectors = schema(1, 11).unwrap_err();
    assert!(vectors.contains("at most 10 vector fields"), "{vectors}");
}

/// Milvus: `handler_v2.go`, `createCollection`.
#[test]
fn the_quick_form_is_checked() {
    let sparse = create(&json!({"vectorFieldType": "SparseFloatVector"}));
    assert_eq!(sparse.fields[1].data_type, DataType::SparseFloatVector);
    let binary = create(&json!({"vectorFieldType": "BinaryVector", "dimension": 16}));
    let wanted = DataType::BinaryVector { dim: 16 };
    assert_eq!(binary.fields[1].data_type, wanted);
    let off = json!({"dimension": 2, "params": {"enableDynamicField": "0"}});
    assert!(!create(&off).dynamic);
    for (body, expected) in [
        (
            json!({"dimension": 2, "vectorFieldType": "Int8Vector"}),
            "vectorFieldType can only be",
        ),
        (
            json!({"dimension": 2, "vectorFieldType": "SparseFloatVector"}),
            "should not be specified",
        ),
        (
            json!({"dimension": 12, "vectorFieldType": "BinaryVector"}),
            "multiple of 8",
        ),
        (json!({"dimension": 1}), "2 to 32768"),
        (json!({"dimension": "8"}), "dimension to be a whole number"),
        (
            json!({"dimension": 2, "idType": "VarChar"}),
            "max_length is missing",
        ),
        (
            json!({"dimension": 2, "autoID": "yes"}),
            "autoID to be true or false",
        ),
        (
            json!({"dimension": 2, "params": {"enableDynamicField": "x"}}),
            "must be true or false",
        ),
        (
            json!({"dimension": 2, "schema": {"functions": [{}]}}),
            "functions need schema.fields",
        ),
    ] {
        let message = refused(&body);
        assert!(message.contains(expected), "{body}: {message}");
    }
}

/// Milvus: `proxy/task.go`, `PreExecute` and `validateTTL`; `handler_v2.go`.
#[test]
fn properties_are_checked() {
    let of = |key: &str, value: Value| json!({"dimension": 2, key: value});
    let kept = create(
        &json!({"dimension": 2, "properties": {"mmap.enabled": true}, "params": {"ttlSeconds": 60}}),
    );
    let listed = [
        json!({"key": "mmap.enabled", "value": "true"}),
        json!({"key": "collection.ttl.seconds", "value": "60"}),
    ];
    assert_eq!(kept.to_describe_properties(), listed);
    let twice =
        json!({"dimension": 2, "properties": {"ttl.seconds": 1}, "params": {"ttlSeconds": 1}});
    for (body, expected) in [
        (
            of("properties", json!({"timezone": "Mars/Base"})),
            "unknown time zone \"Mars/Base\"",
        ),
        (twice, "given twice"),
        (
            of("properties", json!({"ttl.seconds": "soon"})),
            "must be -1 to 3155760000",
        ),
        (
            of("params", json!({"ttlSeconds": -2})),
            "must be -1 to 3155760000",
        ),
        (
            of("params", json!({"ttlField": "id"})),
            "must be a Timestamptz",
        ),
        (
            of("params", json!({"ttlField": "x"})),
            "isn't in the schema",
        ),
        (
            of("params", json!({"partitionKeyIsolation": true})),
            "needs a partition key",
        ),
        (
            of("params", json!({"warmup.vectorField": "often"})),
            "must be sync, async or disable",
        ),
        (of("properties", json!(3)), "properties to be an object"),
    ] {
        let message = refused(&body);
        assert!(message.contains(expected), "{body}: {message}");
    }
}
