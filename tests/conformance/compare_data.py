"""Random schemas, rows and files, given to a real Milvus 2.3.5 and to the local service.

Each draw changes one part of a valid schema, row or file. The comparison covers the result and the stored rows.
Differences that a newer version explains are listed in data-differences.json, by regular expressions on the draw.
"""

import json
import random
import re
import time
import urllib.request

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymilvus import utility

from checks import HERE, check, eventually, over, post
from compare import Difference, collection_of, create_here, create_real, field_schema, load_real, rest_field

FIELDS = [
    ("b", "Bool", {}), ("i8", "Int8", {}), ("i16", "Int16", {}), ("i32", "Int32", {}), ("i64", "Int64", {}), ("f", "Float", {}),
    ("d", "Double", {}), ("s", "VarChar", {"max_length": 8}), ("j", "JSON", {}),
]
ODD = {
    "b": [True, False, "true", 1, 0, None, "x", 1.0],
    "i8": [127, -128, 128, -129, 1.0, 1.5, "5", True, None, 10**30],
    "i16": [32767, 32768, "7", 2.0, None],
    "i32": [2**31 - 1, 2**31, -(2**31), "x", 1e3, None],
    "i64": [2**63 - 1, 2**53 + 1, 2**63, "12", 1.0, None],
    "f": [1, 0.1, 3.4e38, 3.5e38, "1.5", "x", True, None],
    "d": [1, 1e308, "2.5", None, False],
    "s": ["", "12345678", "123456789", "日本語", "éééé", 5, True, None, ["a"]],
    "j": [{}, {"a": 1}, {"a": {"b": [1, None]}}, [1], "text", 5, True, None, '{"a": 1}', '"x"', ""],
    "v": [[1.0, 2.0], [1, 2], [1.0], [1.0, 2.0, 3.0], ["1", "2"], [], None, "1,2", [None, 1.0]],
    "id": [5, "7", 1.5, None, "x", True],
}
# Number of files submitted to both sides before waiting for their jobs.
BATCH = 8
NAMES = ["ok", "_x", "X9", "1a", "a-b", "a b", "", "é", "x" * 255, "x" * 256, "id", "in", "not", "json_contains", "a.b"]


def sound(no):
    return {
        "id": no, "b": no % 2 == 0, "i8": no % 100, "i16": no % 99, "i32": no % 98, "i64": no % 97, "f": 0.5, "d": 0.25, "s": "word",
        "j": {"a": no}, "v": [float(no % 7), 1.0],
    }


def known(kind):
    return json.loads((HERE / "data-differences.json").read_text())[kind]


def explained(entries, text, theirs, mine):
    def side(entry):
        return entry.get("there", theirs) == theirs and entry.get("here", mine) == mine

    return next((entry for entry in entries if side(entry) and re.search(entry["draw"], text)), None)


def schemas(seed, count, deadline):
    draw, found, entries = random.Random(seed), Difference("schemas"), known("schemas")
    while found.compared < count and not deadline.is_over():
        fields = {"id": ["Int64", {}, {"primary": True}], "a": ["Int32", {}, {}], "v": ["FloatVector", {"dim": "4"}, {}]}
        what = draw.choice(["name", "length", "dim", "capacity", "primary", "partition", "collection", "vectors"])
        collection, choice = f"schema_{found.compared}", None
        if what == "name":
            choice = draw.choice(NAMES)
            fields[choice] = ["Int8", {}, {}]
        elif what == "length":
            choice = draw.choice([None, "0", "1", "65535", "65536", "-1", "abc", "8.5"])
            fields["a"] = ["VarChar", {"max_length": choice} if choice is not None else {}, {}]
        elif what == "dim":
            choice = [draw.choice(["FloatVector", "BinaryVector"]), draw.choice([None, "0", "2", "8", "12", "32768", "32769", "-1", "abc"])]
            fields["v"] = [choice[0], {"dim": choice[1]} if choice[1] is not None else {}, {}]
        elif what == "capacity":
            choice = [draw.choice(["Int8", "VarChar", "Bool", "Double", "JSON", "Array", "FloatVector"]), draw.choice([None, "0", "1", "4096", "4097"])]
            params = {"element": choice[0], **({"max_capacity": choice[1]} if choice[1] is not None else {})}
            fields["a"] = ["Array", params | ({"max_length": "5"} if choice[0] == "VarChar" else {}), {}]
        elif what in ("primary", "partition"):
            choice = draw.choice(["Bool", "Int8", "Int32", "Int64", "Float", "Double", "VarChar", "JSON", "none", "two"])
            if choice == "none":
                fields["id"][2] = {}
            elif choice == "two":
                fields["a"] = ["Int64", {}, {what: True}]
                fields["c"] = ["Int64", {}, {what: True}]
            else:
                fields["id" if what == "primary" else "a"] = [choice, {"max_length": "9"} if choice == "VarChar" else {}, {what: True}]
        elif what == "collection":
            collection = choice = draw.choice(NAMES + ["x.y", "a/b", "collection_9"])
        else:
            choice = draw.randrange(3)
            fields.pop("v")
            fields |= {f"v{no}": ["FloatVector", {"dim": "4"}, {}] for no in range(choice)}
        real = [
            field_schema(name, kind, params, is_primary_key="primary" in more, is_partition_key="partition" in more)
            for name, (kind, params, more) in fields.items()
        ]
        here = [
            rest_field(name, kind, params, **{{"primary": "isPrimary", "partition": "isPartitionKey"}[key]: True for key in more})
            for name, (kind, params, more) in fields.items()
        ]
        theirs, mine = create_real(collection, real, False), create_here(collection, here, False)
        verdicts = ["refused" if refusal else "taken" for refusal in (theirs, mine)]
        text = f"{what} {json.dumps(choice)}"
        found.add(text, *verdicts, explained(entries, text, *verdicts), f"{theirs} | {mine}")
        if not theirs:
            utility.drop_collection(collection)
        if not mine:
            post("/v2/vectordb/collections/drop", {"collectionName": collection})
    found.report()


def call_real(port, path, body):
    headers = {"Content-Type": "application/json", "Authorization": "Bearer root:Milvus"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def stored(real, name, low, high):
    """Returns the rows with these primary keys on both sides, without the vectors."""
    text, fields = f"id >= {low} and id < {high}", [field.name for field in real.schema.fields if field.name != "v"]
    theirs = real.query(expr=text, output_fields=fields, consistency_level="Strong")
    body = {"collectionName": name, "filter": text, "outputFields": fields, "limit": 100}
    mine = post("/v2/vectordb/entities/query", body)[1]["data"]
    return [sorted(map(comparable, rows), key=lambda row: row["id"]) for rows in (theirs, mine)]


def comparable(row):
    """Returns a row's values for comparison: floats rounded to 32 bits, JSON parsed."""
    value = dict(row)
    value["f"] = float(np.float32(value["f"]))
    if isinstance(value.get("j"), str):
        try:
            value["j"] = json.loads(value["j"])
        except ValueError:
            pass
    return {key: value[key] for key in sorted(value)}


def change(draw, row):
    """Changes one cell. Returns its name and value."""
    name = draw.choice([name for name in ODD if name in row])
    if draw.random() < 0.08:
        row.pop(name, None)
        return f"{name} missing"
    if draw.random() < 0.05:
        row["extra"] = 1
        return "extra 1"
    row[name] = draw.choice(ODD[name])
    return f"{name} {json.dumps(row[name], ensure_ascii=False)}"


def pair(name, fields):
    real = collection_of(name, fields)
    load_real(real)
    return real


def rows(seed, count, deadline, port):
    draw, found, entries, name = random.Random(seed), Difference("rows"), known("rows"), f"rows_{seed}"
    # Milvus' v1 API can't insert into a collection with a JSON field.
    real = pair(name, [field for field in FIELDS if field[0] != "j"])
    there = lambda path, body: call_real(port, path, body)  # noqa: E731
    here = lambda path, body: post(path, body)[1]  # noqa: E731
    while found.compared < count and not deadline.is_over():
        no = found.compared * 10 + 100
        row = {key: value for key, value in sound(no).items() if key != "j"}
        text = change(draw, row)
        body = {"collectionName": name, "data": [row]}
        answers = [call("/v1/vector/insert", body) for call in (there, here)]
        verdicts = ["taken" if answer["code"] == 200 else "refused" for answer in answers]
        found.add(text, *verdicts, explained(entries, text, *verdicts), " | ".join(str(answer.get("message")) for answer in answers))
        if verdicts == ["taken", "taken"] and not text.startswith("id"):
            values = stored(real, name, no, no + 1)
            found.add(f"{text} read back", *values, explained(entries, f"{text} read back", *values))
    found.report()


# Without 16-bit floats, which crash that server's reader.
PARQUET = {
    "b": [pa.bool_(), pa.int8(), pa.string()], "i8": [pa.int8(), pa.int16(), pa.int64(), pa.uint8(), pa.float32()],
    "i16": [pa.int8(), pa.int16(), pa.int32(), pa.uint16()], "i32": [pa.int32(), pa.int16(), pa.int64(), pa.float64()],
    "i64": [pa.int64(), pa.int32(), pa.uint32(), pa.uint64(), pa.string()], "f": [pa.float32(), pa.float64(), pa.int32()],
    "d": [pa.float64(), pa.float32(), pa.int64(), pa.string()], "s": [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string()), pa.int32()],
    "j": [pa.string(), pa.large_string(), pa.binary()], "v": [pa.list_(pa.float32()), pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.int32()), pa.list_(pa.float32(), 2)],
}
NUMPY = {
    "b": ["bool", "int8", "uint8"], "i8": ["int8", "int16", "uint8", ">i1"], "i16": ["int16", "int32", ">i2"], "i32": ["int32", "int64", "float32"],
    "i64": ["int64", "uint64", ">i8", "float64"], "f": ["float32", "float64", "float16"], "d": ["float64", "float32", "int64"],
    "s": ["U8", "S8", "U20", "object"], "j": ["U20", "S20"], "v": ["float32", "float64", "int32"],
}


def json_file(draw, folder, no):
    data = [sound(no), sound(no + 1)]
    text = change(draw, data[1])
    form = draw.choice(["rows", "rows", "Rows", "list", "other", "bom"])
    content = {"rows": {"rows": data}, "bom": {"rows": data}, "Rows": {"Rows": data}, "list": data, "other": {"data": data}}[form]
    path = folder / f"{no}.json"
    path.write_text(("\ufeff" if form == "bom" else "") + json.dumps(content, ensure_ascii=False))
    return f"json {form} {text}", [path]


def parquet_file(draw, folder, no):
    data = [sound(no), sound(no + 1)]
    schema = {"id": pa.int64()} | {name: types[0] for name, types in PARQUET.items()}
    name = draw.choice(list(PARQUET))
    schema[name] = draw.choice(PARQUET[name])
    columns = {key: [json.dumps(row[key]) if key == "j" else row[key] for row in data] for key in schema}
    if schema[name] == pa.string() and name not in ("s", "j"):
        columns[name] = [str(value) for value in columns[name]]
    if pa.types.is_integer(schema[name]) and name in ("s", "f", "d", "b"):
        columns[name] = [1, 2]
    if schema[name] == pa.list_(pa.int32()):
        columns[name] = [[1, 2], [3, 4]]
    what = f"{name} {schema[name]}"
    if draw.random() < 0.1:
        schema.pop(name)
        what = f"{name} missing"
    elif draw.random() < 0.1:
        schema["extra"], columns["extra"], what = pa.int64(), [1, 2], f"{what} and extra"
    table = pa.table({key: pa.array(columns[key], type=schema[key]) for key in schema})
    codec = draw.choice(["none", "snappy", "gzip", "zstd", "brotli"])
    path = folder / f"{no}.parquet"
    pq.write_table(table, path, compression=codec)
    return f"parquet {codec} {what}", [path]


def numpy_files(draw, folder, no):
    data = [sound(no), sound(no + 1)]
    name, paths = draw.choice(list(NUMPY)), []
    dtype = draw.choice(NUMPY[name])
    what = f"{name} {dtype}"
    below = folder / str(no)
    below.mkdir()
    missing = draw.random() < 0.1
    for key in ["id", *NUMPY]:
        values = [json.dumps(row[key]) if key == "j" else row[key] for row in data]
        if key == name and key in ("b", "s") and dtype not in ("bool",) and key == "b":
            values = [1, 0]
        kind = dtype if key == name else {"id": "int64"}.get(key) or NUMPY[key][0]
        if missing and key == name:
            what = f"{name} missing"
            continue
        paths.append(below / f"{key}.npy")
        np.save(paths[-1], np.array(values, dtype=kind), allow_pickle=True)
    return f"numpy {what}", paths


def files(seed, count, deadline, server):
    draw, found, entries, name = random.Random(seed), Difference("files"), known("files"), f"files_{seed}"
    real = pair(name, FIELDS)
    folder = server.files / "compared"
    folder.mkdir()
    work = []
    while len(work) < count:
        no = len(work) * 10 + 100
        text, paths = draw.choice([json_file, parquet_file, numpy_files])(draw, folder, no)
        work.append((no, text, [str(path) for path in paths]))
    taken = []
    for start in range(0, len(work), BATCH):
        if deadline.is_over():
            break
        jobs = []
        for no, text, paths in work[start : start + BATCH]:
            try:
                theirs = utility.do_bulk_insert(name, paths)
            except Exception as error:  # noqa: BLE001
                theirs = str(error)
            mine = post("/v2/vectordb/jobs/import/create", {"collectionName": name, "files": [paths]})[1]
            jobs.append((no, text, theirs, mine))
        for no, text, theirs, mine in jobs:
            verdicts, words = zip(real_verdict(theirs), own_verdict(mine))
            found.add(text, *verdicts, explained(entries, text, *verdicts), " | ".join(words))
            if verdicts == ("taken", "taken") and not re.search(r" id ", text):
                taken.append((no, text))
    # Imported rows are visible after the loaded collection was refreshed.
    real.load(_refresh=True)
    eventually(lambda: all(stored(real, name, no, no + 2)[0] for no, _ in taken), bool)
    for no, text in taken:
        values = stored(real, name, no, no + 2)
        found.add(f"{text} read back", *values, explained(entries, f"{text} read back", *values))
    found.report()


def real_verdict(job, seconds=120):
    if isinstance(job, str):
        return "refused", job
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = utility.get_bulk_insert_state(job)
        if state.state_name in ("Completed", "Failed"):
            return ("taken" if state.state_name == "Completed" else "refused"), state.failed_reason
        time.sleep(0.3)
    return "pending", state.state_name


def own_verdict(answer):
    if answer["code"] != 0:
        return "refused", answer["message"]
    job = {"jobId": answer["data"]["jobId"]}
    progress = eventually(lambda: post("/v2/vectordb/jobs/import/describe", job)[1]["data"], over)
    return ("taken" if progress["state"] == "Completed" else "refused"), progress.get("reason", "")


def compare(seed, counts, deadline, server):
    schemas(seed, counts["schemas"], deadline)
    rows(seed, counts["rows"], deadline, server.port)
    files(seed, counts["files"], deadline, server)
    check("data: the real server still runs", server.is_running())
