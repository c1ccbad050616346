"""Writes the files that the clients import, with pymilvus' LocalBulkWriter: every format, every field type."""

import json
import logging

import numpy as np
from pymilvus import CollectionSchema, DataType, FieldSchema
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter

from checks import DATA, FORMATS

ROWS = 50
DIM = 8

SCALARS = [
    ("bool", DataType.BOOL, {}),
    ("int8", DataType.INT8, {}),
    ("int16", DataType.INT16, {}),
    ("int32", DataType.INT32, {}),
    ("float", DataType.FLOAT, {}),
    ("double", DataType.DOUBLE, {}),
    ("text", DataType.VARCHAR, {"max_length": 200}),
    ("json", DataType.JSON, {}),
    ("numbers", DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": 10}),
    ("words", DataType.ARRAY, {"element_type": DataType.VARCHAR, "max_capacity": 10, "max_length": 50}),
]
VECTORS = [
    ("vector", DataType.FLOAT_VECTOR, {"dim": DIM}),
    ("binary", DataType.BINARY_VECTOR, {"dim": 16}),
    ("float16", DataType.FLOAT16_VECTOR, {"dim": DIM}),
    ("bfloat16", DataType.BFLOAT16_VECTOR, {"dim": DIM}),
    ("int8v", DataType.INT8_VECTOR, {"dim": DIM}),
    ("sparse", DataType.SPARSE_FLOAT_VECTOR, {}),
]
NAMES = {
    "BOOL": "Bool", "INT8": "Int8", "INT16": "Int16", "INT32": "Int32", "INT64": "Int64", "FLOAT": "Float",
    "DOUBLE": "Double", "VARCHAR": "VarChar", "JSON": "JSON", "ARRAY": "Array", "FLOAT_VECTOR": "FloatVector",
    "BINARY_VECTOR": "BinaryVector", "FLOAT16_VECTOR": "Float16Vector", "BFLOAT16_VECTOR": "BFloat16Vector",
    "INT8_VECTOR": "Int8Vector", "SPARSE_FLOAT_VECTOR": "SparseFloatVector",
}


def fields_of(form):
    """Returns the fields of a format's files. The writer can't store arrays and sparse vectors in NumPy files."""
    left_out = ("ARRAY", "SPARSE_FLOAT_VECTOR") if form == "numpy" else ()
    return [field for field in SCALARS + VECTORS if field[1].name not in left_out]


def writer_schema(form):
    fields = [FieldSchema("id", DataType.INT64, is_primary=True, auto_id=False)]
    fields += [FieldSchema(name, kind, **params) for name, kind, params in fields_of(form)]
    return CollectionSchema(fields, enable_dynamic_field=True)


def service_schema(form):
    """Returns the schema in the form of the create call."""
    fields = [{"fieldName": "id", "dataType": "Int64", "isPrimary": True}]
    for name, kind, params in fields_of(form):
        field = {"fieldName": name, "dataType": NAMES[kind.name]}
        given = {key: value for key, value in params.items() if key != "element_type"}
        if given:
            field["elementTypeParams"] = given
        if "element_type" in params:
            field["elementDataType"] = NAMES[params["element_type"].name]
        fields.append(field)
    index = [{"fieldName": name, "indexName": name, "metricType": metric(name)}
             for name, kind, _ in fields_of(form) if "VECTOR" in kind.name]
    return {"schema": {"enableDynamicField": True, "fields": fields}, "indexParams": index}


def metric(name):
    return {"binary": "HAMMING", "sparse": "IP"}.get(name, "COSINE")


def row(no):
    floats = [(no * DIM + at) / 64 - 2 for at in range(DIM)]
    return {
        "id": no,
        "bool": no % 2 == 0,
        "int8": no - 25,
        "int16": no * 100 - 2000,
        "int32": no * 1_000_003,
        "float": no / 4,
        "double": no / 3,
        "text": f"row {no} \"quoted\", ünïcode 世界",
        "json": {"no": no, "list": [1, "two", None], "deep": {"a": True}},
        "numbers": list(range(no % 5)),
        "words": [f"w{at}, \"x\"" for at in range(no % 4)],
        "vector": floats,
        "binary": [(no >> at) & 1 for at in range(16)],
        "float16": np.array(floats, dtype=np.float16),
        "bfloat16": bfloat16(floats),
        "int8v": np.array([no - at for at in range(DIM)], dtype=np.int8),
        "sparse": {no: 0.5, no + 7: 1.25},
        "extra": no * 2,
        "colour": "red" if no % 2 else "blue",
    }


def bfloat16(values):
    import ml_dtypes

    return np.array(values, dtype=ml_dtypes.bfloat16)


def write(form, kind):
    names = {"id", *(name for name, _, _ in fields_of(form))}
    every = {name for name, _, _ in SCALARS + VECTORS}
    with LocalBulkWriter(writer_schema(form), str(DATA / form), chunk_size=64 << 20, file_type=kind) as writer:
        for no in range(ROWS):
            writer.append_row({key: value for key, value in row(no).items() if key in names or key not in every})
        writer.commit()
        return [[str(path) for path in batch] for batch in writer.batch_files]


def main():
    logging.disable(logging.CRITICAL)
    DATA.mkdir(parents=True, exist_ok=True)
    kinds = {
        "json": BulkFileType.JSON,
        "jsonl": BulkFileType.JSONL,
        "csv": BulkFileType.CSV,
        "parquet": BulkFileType.PARQUET,
        "numpy": BulkFileType.NUMPY,
    }
    written = {}
    for form, kind in kinds.items():
        (DATA / form).mkdir(exist_ok=True)
        written[form] = write(form, kind)
    assert sorted(written) == sorted(FORMATS), written
    with open(written["jsonl"][0][0], encoding="utf-8") as lines:
        good = json.loads(next(lines))
    (DATA / "bad.json").write_text(json.dumps([{**good, "vector": [1.0, 2.0]}]))
    for form in FORMATS:
        (DATA / f"schema-{form}.json").write_text(json.dumps(service_schema(form)))
    (DATA / "files.json").write_text(json.dumps(written))


if __name__ == "__main__":
    main()
