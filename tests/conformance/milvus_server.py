"""Drives zshell against a real Milvus, 2.3.5: v1's collection and query calls, and errors about a server without imports.

The server is PyPI's package `milvus`; pymilvus makes a collection with every scalar type, which v1 can't.
"""

import json
import os
import subprocess
import sys
import tempfile

from checks import check, section
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections
from real_server import RealServer

ROWS = [
    {"id": 2**53 + 1, "flag": True, "big": -(2**62), "score": 1.5, "doc": {"x": [1, None, "é"], "n": 2**53 + 1},
     "numbers": [1, 2], "words": ["q"], "vector": [1, 2], "extra": {"q": [1]}},
    {"id": -3, "flag": False, "big": 0, "score": 2.5, "doc": {}, "numbers": [], "words": [], "vector": [3, 4]},
]


def fill(port):
    """Creates the collections `types` (primary key Int64) and `texts` (primary key VarChar)."""
    connections.connect(host="127.0.0.1", port=str(port), timeout=30)
    vector = FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2)
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("flag", DataType.BOOL),
        FieldSchema("big", DataType.INT64),
        FieldSchema("score", DataType.DOUBLE),
        FieldSchema("doc", DataType.JSON),
        FieldSchema("numbers", DataType.ARRAY, element_type=DataType.INT64, max_capacity=5),
        FieldSchema("words", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=5, max_length=20),
        vector,
    ]
    key = FieldSchema("name", DataType.VARCHAR, is_primary=True, max_length=20)
    for name, schema, rows in (
        ("types", CollectionSchema(fields, enable_dynamic_field=True), ROWS),
        ("texts", CollectionSchema([key, vector]), [{"name": "a", "vector": [1, 2]}, {"name": "", "vector": [1, 2]}]),
    ):
        made = Collection(name, schema)
        made.insert(rows)
        made.flush()
        made.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
        made.load()


class Shell:
    def __init__(self, url, folder):
        self.url = url
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZSHELL")}
        self.environment = kept | {"ZSHELL_DATA_DIR": f"{folder}/data", "ZSHELL_CONFIG_DIR": f"{folder}/config"}

    def run(self, script):
        command = [os.environ["SERVICE_PROGRAM"], "-o", "json", "eval", script]
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        return run.returncode, run.stdout, run.stderr

    def v1(self, script):
        """Returns the output of a script on a v1 connection."""
        code, out, err = self.run(f'connect(#{{endpoint: "{self.url}", api: "v1"}}); {script}')
        return json.loads(out) if code == 0 and out else (code, out, err)


def rows(shell):
    found = shell.v1('query("types", "id == 9007199254740993")')
    check("v1 query: 64-bit integers, JSON, arrays and dynamic fields", found == [ROWS[0]], found)
    found = shell.v1('query("types", #{filter: "id < 0", fields: ["doc", "numbers"]})')
    check("v1 query: chosen fields", found == [{"doc": {}, "id": -3, "numbers": []}], found)
    found = shell.v1('peek("types")')
    check("v1 peek", sorted(row["id"] for row in found) == [-3, 2**53 + 1], found)
    found = shell.v1('peek("texts")')
    check("v1 peek of a text key", sorted(row["name"] for row in found) == ["", "a"], found)
    found = shell.v1('query("types", #{fields: "count(*)"})[0]["count(*)"]')
    check("v1 query: count(*)", found == 2, found)


def collections(shell):
    found = shell.v1('create_collection("made", #{dimension: 4}); collections()')
    check("v1 create and list", sorted(found) == ["made", "texts", "types"], found)
    found = shell.v1('describe("made").fields.map(|it| it.name)')
    check("v1 describe", found == ["id", "vector"], found)
    found = shell.v1('drop_collection("made"); collections()')
    check("v1 drop", sorted(found) == ["texts", "types"], found)


def refusals(shell):
    """Checks the errors of calls that Milvus before 2.4 lacks: it has no import over REST."""
    old = ("older than 2.4", "has no imports")
    for name, script, words in (
        ("connect", f'connect("{shell.url}")', (*old, 'api: "v1"')),
        ("jobs", f'connect(#{{endpoint: "{shell.url}", verify: false}}); jobs()', old),
        ("import", f'connect(#{{endpoint: "{shell.url}", verify: false}}); import("types", "a.json")', old),
        ("v1 jobs", f'connect(#{{endpoint: "{shell.url}", api: "v1"}}); jobs()', old),
        ("v1 import", f'connect(#{{endpoint: "{shell.url}", api: "v1"}}); import("types", "s3://b/a.json")', old),
        ("v1 count", f'connect(#{{endpoint: "{shell.url}", api: "v1"}}); count("types")', ("over the v1 API", "query(")),
        ("v1 partitions", f'connect(#{{endpoint: "{shell.url}", api: "v1"}}); query("types", #{{partition: "p"}})',
         ("over the v1 API",)),
        ("v1 no such collection", f'connect(#{{endpoint: "{shell.url}", api: "v1"}}); query("nope", "id > 0")',
         ("code 100",)),
    ):
        code, _, err = shell.run(script)
        check(f"{name}: refused", code == 7 and all(word in err for word in words), (code, err))
        hint = err.rpartition("hint: ")[2]
        check(f"{name}: the hint has another dialect", not ("v1" in name and 'api: "v1"' in hint), hint)


def main():
    with tempfile.TemporaryDirectory(prefix="milvus-") as folder:
        with RealServer(sys.executable, f"{folder}/milvus") as server:
            fill(server.port)
            shell = Shell(f"http://127.0.0.1:{server.port}", folder)
            for work in (rows, collections, refusals):
                section(work, shell)


if __name__ == "__main__":
    main()
