"""Helpers of the comparisons with a real Milvus 2.3.5: collections over gRPC, and the count of differences."""

import logging
import os
import time

from checks import check, post

logging.disable(logging.CRITICAL)

from pymilvus import Collection, connections, utility  # noqa: E402
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2  # noqa: E402

TYPES = {
    "Bool": 1, "Int8": 2, "Int16": 3, "Int32": 4, "Int64": 5, "Float": 10, "Double": 11, "VarChar": 21, "Array": 22,
    "JSON": 23, "BinaryVector": 100, "FloatVector": 101,
}
# Maximum number of shown differences of each kind.
SHOWN = 25


class Deadline:
    def __init__(self, seconds):
        self.until = time.monotonic() + seconds

    def is_over(self):
        return time.monotonic() > self.until


class Difference:
    """Counts comparisons. A difference without an explanation is a failure."""

    def __init__(self, name):
        self.name, self.compared, self.same, self.explained, self.failures = name, 0, 0, {}, []

    def add(self, what, theirs, mine, explained, words=""):
        self.compared += 1
        if theirs == mine:
            self.same += 1
        elif explained:
            self.explained[explained["why"]] = self.explained.get(explained["why"], 0) + 1
        else:
            self.failures.append(f"{what!r}: Milvus {str(theirs)[:90]}, here {str(mine)[:90]} ({words[:300]})")

    def report(self):
        for failure in self.failures[:SHOWN]:
            check(f"{self.name}", False, failure)
        for why, count in sorted(self.explained.items()):
            print(f"   {count:5} {self.name} differ: {why}", flush=True)
        words = f"{self.same} of {self.compared} alike, {sum(self.explained.values())} explained"
        check(f"{self.name}: {words}", not self.failures and self.compared, f"{len(self.failures)} unexplained")


def connect(port):
    connections.connect(host="127.0.0.1", port=str(port))


def stub():
    return connections._fetch_handler("default")._stub


def field_schema(name, kind, params, **more):
    """Returns a field as gRPC expects it, without the client's checks."""
    params = dict(params)
    element = params.pop("element", None)
    pairs = [common_pb2.KeyValuePair(key=key, value=str(value)) for key, value in params.items()]
    return schema_pb2.FieldSchema(
        name=name, data_type=TYPES[kind], type_params=pairs, element_type=TYPES[element] if element else 0, **more
    )


def create_real(name, fields, dynamic):
    """Creates a collection in Milvus. Returns the error or None. `fields` are from `field_schema`."""
    schema = schema_pb2.CollectionSchema(name=name, fields=fields, enable_dynamic_field=dynamic)
    request = milvus_pb2.CreateCollectionRequest(
        collection_name=name, schema=schema.SerializeToString(), shards_num=1, consistency_level=0
    )
    status = stub().CreateCollection(request)
    return None if status.error_code == 0 and status.code == 0 else status.reason


def create_here(name, fields, dynamic):
    """Creates a collection in the local service. Returns the error or None. `fields` have the form of the REST API."""
    metrics = {"BinaryVector": "HAMMING", "FloatVector": "L2"}
    index = [
        {"fieldName": field["fieldName"], "indexName": field["fieldName"], "metricType": metrics[field["dataType"]]}
        for field in fields
        if field["dataType"] in metrics
    ]
    body = {"collectionName": name, "schema": {"enableDynamicField": dynamic, "fields": fields}, "indexParams": index}
    answer = post("/v2/vectordb/collections/create", body)[1]
    return None if answer["code"] == 0 else answer["message"]


def rest_field(name, kind, params, **more):
    params = dict(params)
    element = params.pop("element", None)
    field = {"fieldName": name, "dataType": kind, **more}
    if params:
        field["elementTypeParams"] = params
    if element:
        field["elementDataType"] = element
    return field


def collection_of(name, fields, dynamic=False):
    """Creates a collection with `id` and the vector `v` on both sides. Returns Milvus' collection."""
    if utility.has_collection(name):
        utility.drop_collection(name)
    post("/v2/vectordb/collections/drop", {"collectionName": name})
    every = [("id", "Int64", {}), *fields, ("v", "FloatVector", {"dim": 2})]
    refusals = (
        create_real(name, [field_schema(*field, is_primary_key=field[0] == "id") for field in every], dynamic),
        create_here(name, [rest_field(*field, isPrimary=field[0] == "id") for field in every], dynamic),
    )
    if any(refusals):
        raise RuntimeError(f"cannot create {name}: {refusals}")
    real = Collection(name)
    real.create_index("v", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    return real


def insert_real(real, rows):
    real.insert(rows)
    real.flush()


def load_real(real):
    real.load()


def real_query(real, text, fields=("id",)):
    """Returns the sorted primary keys of the found rows, or "error" and the message."""
    try:
        found = real.query(expr=text, output_fields=list(fields), limit=1000, consistency_level="Strong", timeout=20)
    except Exception as error:  # noqa: BLE001
        if "unavailable" in str(error).lower() or "connect" in str(error).lower():
            raise SystemExit(f"FAIL  the real server died of {text!r}") from error
        return "error", str(error)
    return sorted(row["id"] for row in found), ""


def setting(name, default):
    return int(os.environ.get(f"ZSHELL_COMPARE_{name}", default))
