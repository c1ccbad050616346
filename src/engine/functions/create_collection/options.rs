//! The options of `create_collection`: the keys of the create call and of the maps in it.

use crate::engine::describe::{Opt, Takes, flag, opt};
use crate::engine::options::EXTRA;

/// The keys of the API's create call.
pub(crate) const OPTIONS: &[Opt] = &[
    opt("dimension", "quick form: the vector's dimension")
        .alias(&["dim"])
        .of(Takes::Number),
    opt("metricType", "quick form: how vectors are compared")
        .or("\"COSINE\"")
        .of(Takes::Words(&["COSINE", "L2", "IP", "HAMMING", "JACCARD"])),
    opt("primaryFieldName", "quick form: the primary key's name")
        .alias(&["primary_field"])
        .or("\"id\""),
    opt("vectorFieldName", "quick form: the vector's name")
        .alias(&["vector_field"])
        .or("\"vector\""),
    opt("vectorFieldType", "quick form: the vector's type")
        .or("\"FloatVector\"")
        .of(Takes::Words(&[
            "FloatVector",
            "BinaryVector",
            "Float16Vector",
            "BFloat16Vector",
            "SparseFloatVector",
        ])),
    opt("idType", "quick form: the primary key's type")
        .or("\"Int64\"")
        .of(Takes::Words(&["Int64", "VarChar"])),
    flag("autoID", "quick form: the server makes the primary keys"),
    opt(
        "schema",
        "#{autoId, enableDynamicField, fields, structFields, functions}: instead of the quick form",
    )
    .of(Takes::Keys(SCHEMA)),
    opt(
        "indexParams",
        "with schema: [#{fieldName, metricType, indexName, params}, …]",
    )
    .of(Takes::Keys(INDEX)),
    opt("params", "further settings, e.g. #{shardsNum: 2}").of(Takes::Keys(PARAMS)),
    opt(
        "properties",
        "properties of the collection, e.g. #{\"collection.ttl.seconds\": 3600}",
    )
    .of(Takes::Json),
    opt("consistencyLevel", "how fresh reads are")
        .or("\"Bounded\"")
        .of(Takes::Words(&[
            "Strong",
            "Session",
            "Bounded",
            "Eventually",
        ])),
    opt("description", "the collection's purpose"),
    opt("db", "database").alias(&["dbName", "database"]),
    opt("collectionName", "alternative to the first argument").map_only(),
    EXTRA,
];

const PARAMS: &[Opt] = &[
    opt("max_length", "quick form: a VarChar key's length in bytes"),
    opt(
        "enableDynamicField",
        "quick form: accepts fields outside the schema",
    )
    .or("true")
    .of(Takes::Flag),
    opt("shardsNum", "number of shards").alias(&["num_shards"]),
    opt("partitionsNum", "number of partitions of the partition key").alias(&["num_partitions"]),
    opt("consistencyLevel", "how fresh reads are"),
    opt("ttlSeconds", "rows expire after this time"),
    opt("ttlField", "the field with a row's time of expiry"),
    opt(
        "partitionKeyIsolation",
        "a search reads only the partition key that its filter names",
    )
    .of(Takes::Flag),
    opt("mmap.enabled", "data is mapped from disk").of(Takes::Flag),
    opt("warmup.scalarField", "load scalar fields at once"),
    opt("warmup.scalarIndex", "load scalar indexes at once"),
    opt("warmup.vectorField", "load vector fields at once"),
    opt("warmup.vectorIndex", "load vector indexes at once"),
];

const SCHEMA: &[Opt] = &[
    flag("autoID", "the server makes the primary keys"),
    flag("enableDynamicField", "accepts fields outside the schema"),
    opt("fields", "a list of fields").of(Takes::Keys(FIELD)),
    opt("structFields", "a list of struct fields")
        .alias(&["struct_array_fields"])
        .of(Takes::Keys(STRUCT)),
    opt("functions", "a list of functions, such as BM25").of(Takes::Keys(FUNCTION)),
    opt("externalSource", "where an external collection's data is"),
    opt(
        "externalSpec",
        "the format of an external collection's data",
    ),
];

const FIELD: &[Opt] = &[
    opt("fieldName", "its name").alias(&["name"]),
    opt("dataType", "its type")
        .alias(&["type"])
        .of(Takes::Words(&[
            "Bool",
            "Int8",
            "Int16",
            "Int32",
            "Int64",
            "Float",
            "Double",
            "VarChar",
            "JSON",
            "Array",
            "ArrayOfVector",
            "Geometry",
            "Timestamptz",
            "Text",
            "FloatVector",
            "BinaryVector",
            "Float16Vector",
            "BFloat16Vector",
            "Int8Vector",
            "SparseFloatVector",
        ])),
    flag("isPrimary", "the primary key").alias(&["primaryKey", "isPrimaryKey"]),
    opt("autoId", "primary key: the server makes the values").of(Takes::Flag),
    flag("isPartitionKey", "the partition key").alias(&["partitionKey"]),
    flag("isClusteringKey", "the clustering key").alias(&["clusteringKey"]),
    flag("nullable", "accepts null"),
    opt("defaultValue", "used for a missing value"),
    opt("elementDataType", "an Array's items").alias(&["elementType"]),
    opt(
        "elementTypeParams",
        "#{dim}, #{max_length}, #{max_capacity}",
    )
    .alias(&["typeParams", "params"])
    .of(Takes::Keys(TYPE_PARAMS)),
    opt("dim", "alternative to the key in elementTypeParams"),
    opt("max_length", "alternative to the key in elementTypeParams"),
    opt(
        "max_capacity",
        "alternative to the key in elementTypeParams",
    ),
    opt("description", "the field's purpose"),
    opt("externalField", "the column of an external collection"),
];

const TYPE_PARAMS: &[Opt] = &[
    opt("dim", "a vector's dimension").alias(&["dimension"]),
    opt("max_length", "a VarChar's length in bytes"),
    opt("max_capacity", "an Array's length"),
    opt("enable_analyzer", "VarChar: split text into terms").of(Takes::Flag),
    opt("analyzer_params", "tokenizer of text"),
    opt("multi_analyzer_params", "tokenizer of text, by language"),
    opt("enable_match", "VarChar: allow text_match in filters").of(Takes::Flag),
    opt("mmap.enabled", "data is mapped from disk").of(Takes::Flag),
    opt("warmup", "load at once"),
];

const STRUCT: &[Opt] = &[
    opt("fieldName", "its name").alias(&["name"]),
    opt("fields", "a list of fields, Array or ArrayOfVector").of(Takes::Keys(FIELD)),
    opt("typeParams", "#{max_capacity}")
        .alias(&["params", "elementTypeParams"])
        .of(Takes::Keys(TYPE_PARAMS)),
    flag("nullable", "accepts null"),
    opt("description", "the field's purpose"),
];

const FUNCTION: &[Opt] = &[
    opt("name", "its name"),
    opt("type", "its type").of(Takes::Words(&[
        "BM25",
        "TextEmbedding",
        "Rerank",
        "MinHash",
    ])),
    opt("inputFieldNames", "fields that it reads"),
    opt("outputFieldNames", "fields that it fills"),
    opt("params", "its settings"),
    opt("description", "the function's purpose"),
];

const INDEX: &[Opt] = &[
    opt("fieldName", "the field"),
    opt("indexName", "the index's own name"),
    opt("metricType", "how vectors are compared"),
    opt("indexType", "its type, e.g. \"HNSW\""),
    opt(
        "params",
        "its settings, e.g. #{index_type: \"HNSW\", M: 16}",
    ),
];

/// Index settings. Case matters (`M` of HNSW, `m` of PQ), and a server may accept settings that aren't listed.
pub(super) const INDEX_PARAMS: &[&str] = &[
    "index_type",
    "M",
    "efConstruction",
    "nlist",
    "m",
    "nbits",
    "drop_ratio_build",
    "inverted_index_algo",
    "bm25_k1",
    "bm25_b",
    "bm25_avgdl",
    "refine",
    "refine_type",
    "sq_type",
    "with_raw_data",
    "search_list_size",
    "max_degree",
    "json_path",
    "json_cast_type",
    "json_cast_function",
    "min_gram",
    "max_gram",
    "mmap.enabled",
    "warmup",
];
