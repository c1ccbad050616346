"""Measures other programs on files that zshell imports, and prints a line of JSON for each.

    peers.py EXTENSION PATH SCRATCH
    peers.py submit URL PATH COUNT
    peers.py search VECTORS COUNT
    peers.py check FORMAT PATH
    peers.py upload PROGRAM ENDPOINT FOLDER URL

`milvus-lite` inserts a part of the rows, because a whole file would take too long. Rows a second are compared.
"""

import json
import os
import sys
import time
from itertools import islice
from pathlib import Path

INSERTED = 10_000
BATCH = 1_000


def processor():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(name, reads, note, work):
    begin, cpu = time.perf_counter(), processor()
    try:
        rows = work()
    except ImportError as error:
        print(json.dumps({"name": name, "missing": str(error)}))
        return
    seconds = time.perf_counter() - begin
    used = {"rows": rows, "seconds": seconds, "cpu": processor() - cpu}
    print(json.dumps({"name": name, "reads": reads, "note": note, **used}), flush=True)


def by_numpy(path):
    import numpy

    # The sum reads every value. `numpy.load` alone may only map the file.
    vectors = numpy.load(path.parent / "vector.npy")
    return len(vectors) if vectors.sum() == vectors.sum() else 0


def by_pyarrow(path):
    import pyarrow.parquet

    return sum(batch.num_rows for batch in pyarrow.parquet.ParquetFile(path).iter_batches())


def by_orjson(path):
    import orjson

    with open(path, "rb") as lines:
        return sum(1 for line in lines if orjson.loads(line)["vector"])


def rows_of(extension, path):
    """Returns the first rows in the form of an insert call."""
    if extension == "npy":
        import numpy

        vectors = numpy.load(path.parent / "vector.npy", mmap_mode="r")
        return [{"id": no, "vector": vectors[no].tolist()} for no in range(min(INSERTED, len(vectors)))]
    if extension == "parquet":
        import pyarrow.parquet

        batch = next(pyarrow.parquet.ParquetFile(path).iter_batches(INSERTED))
        return batch.to_pylist()
    with open(path, "rb") as lines:
        return [json.loads(line) for line in islice(lines, INSERTED)]


def by_lite(rows, folder):
    from pymilvus import DataType, MilvusClient

    client = MilvusClient(str(folder / "lite.db"))
    schema = MilvusClient.create_schema(auto_id=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=len(rows[0]["vector"]))
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="COSINE")
    client.create_collection("c", schema=schema, index_params=index)

    def insert():
        for begin in range(0, len(rows), BATCH):
            client.insert("c", rows[begin : begin + BATCH])
        return len(rows)

    return insert


def submit(url, path, count):
    from pymilvus.bulk_writer import bulk_import

    for _ in range(count):
        bulk_import(url=url, collection_name="c", files=[[path]], api_key="none")
    return count


def search(path, count):
    import numpy

    vectors = numpy.load(path)
    own = vectors[7]

    def work():
        for _ in range(count):
            products = vectors @ own
            numpy.argpartition(products, -10)
        return count * len(vectors)

    return work


def check_npy(path):
    import numpy

    for name in ["vector.npy", "id.npy"]:
        numpy.load(path.parent / name).sum()


def check_parquet(path):
    import pyarrow.parquet

    pyarrow.parquet.read_table(path, use_threads=True)


def check_jsonl(path):
    import orjson

    with open(path, "rb") as lines:
        for line in lines:
            orjson.loads(line)


def check_csv(path):
    import polars

    vectors = polars.read_csv(path)["vector"]
    vectors.str.json_decode(polars.List(polars.Float32))


def check(name, path):
    peer, module, read = {
        "npy": ("numpy", "numpy", check_npy),
        "parquet": ("pyarrow", "pyarrow.parquet", check_parquet),
        "zstd.parquet": ("pyarrow", "pyarrow.parquet", check_parquet),
        "one.parquet": ("pyarrow", "pyarrow.parquet", check_parquet),
        "jsonl": ("orjson", "orjson", check_jsonl),
        "csv": ("polars", "polars", check_csv),
    }[name]

    try:
        __import__(module)
    except ImportError as error:
        print(json.dumps({"name": peer, "missing": str(error)}))
        return
    measure(peer, True, "", lambda: read(path))


def upload_s5cmd(endpoint, folder, url):
    import subprocess

    program = Path(sys.executable).parent / "s5cmd"
    if not program.exists():
        raise ImportError("the interpreter has no s5cmd beside it")
    command = [program, "--log", "error", "--endpoint-url", endpoint, "cp", f"{folder}/", url]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL).returncode


def upload_boto3(endpoint, folder, url):
    import boto3
    from boto3.s3.transfer import TransferConfig, create_transfer_manager

    def work():
        bucket, prefix = url.removeprefix("s3://").split("/", 1)
        client = boto3.client("s3", endpoint_url=endpoint)
        with create_transfer_manager(client, TransferConfig()) as manager:
            sent = [manager.upload(str(path), bucket, prefix + path.name) for path in sorted(folder.iterdir())]
            for future in sent:
                future.result()

    return work


def upload(name, *where):
    prepare = {"s5cmd": upload_s5cmd, "boto3": upload_boto3}[name]
    try:
        work = prepare(*where)
    except ImportError as error:
        print(json.dumps({"name": name, "missing": str(error)}))
        return
    measure(name, False, "", work)


def main():
    if sys.argv[1] == "upload":
        upload(sys.argv[2], sys.argv[3], Path(sys.argv[4]), sys.argv[5])
        return
    if sys.argv[1] == "check":
        check(sys.argv[2], Path(sys.argv[3]))
        return
    if sys.argv[1] == "search":
        try:
            work = search(sys.argv[2], int(sys.argv[3]))
        except ImportError as error:
            print(json.dumps({"name": "numpy", "missing": str(error)}))
            return
        measure("numpy", True, "the products alone, its vectors in memory before", work)
        return
    if sys.argv[1] == "submit":
        try:
            import pymilvus.bulk_writer  # noqa: F401 - imported here so the loop isn't slowed
        except ImportError as error:
            print(json.dumps({"name": "pymilvus", "missing": str(error)}))
            return
        measure("pymilvus", False, "", lambda: submit(sys.argv[2], sys.argv[3], int(sys.argv[4])))
        return
    extension, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    name, read = {
        "npy": ("numpy reading", by_numpy),
        "parquet": ("pyarrow reading", by_pyarrow),
        "jsonl": ("orjson reading", by_orjson),
    }[extension]
    measure(name, True, "reads, keeps nothing", lambda: read(path))
    try:
        insert = by_lite(rows_of(extension, path), folder)
    except ImportError as error:
        print(json.dumps({"name": "milvus-lite", "missing": str(error)}))
        return
    measure("milvus-lite", False, "its rows ready in memory before", insert)


if __name__ == "__main__":
    main()
