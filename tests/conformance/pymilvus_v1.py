"""Drives pymilvus 2.3.7 over the v1 API."""

import logging
import warnings

warnings.simplefilter("ignore")

from pymilvus import CollectionSchema, DataType, FieldSchema  # noqa: E402
from pymilvus.bulk_writer.bulk_import import bulk_import, get_import_progress, list_import_jobs  # noqa: E402
from pymilvus.bulk_writer.constants import BulkFileType  # noqa: E402
from pymilvus.bulk_writer.local_bulk_writer import LocalBulkWriter  # noqa: E402

from checks import (  # noqa: E402
    DATA, FORMATS, KEY, URL, bad_file, check, collection, count, eventually, files, post, refused, section,
)

CLUSTER = "in03-conformance"
ROWS = 50


def start(path, name="v1", key=KEY):
    answer = bulk_import(
        url=URL, api_key=key, object_url=path, access_key="", secret_key="", cluster_id=CLUSTER, collection_name=name
    )
    return answer.json()["data"]["jobId"]


def progress(job, key=KEY):
    return get_import_progress(url=URL, api_key=key, job_id=job, cluster_id=CLUSTER).json()["data"]


def ended(answer):
    return answer["completeTime"] is not None or answer["errorMessage"] is not None


def success(form):
    name = collection("v1", form)
    batch = files(form)[0]
    # This API accepts one URL per job, so a set of NumPy files is given as its folder.
    path = batch[0] if len(batch) == 1 else batch[0].rsplit("/", 1)[0] + "/"
    answer = eventually(lambda job=start(path, name): progress(job), ended)
    check(f"v1 {form}: ends without an error", answer["errorMessage"] is None and answer["completeTime"], answer)
    check(f"v1 {form}: 100 percent", answer["readyPercentage"] == 100, answer)
    check(f"v1 {form}: details name the file", answer["details"] and answer["details"][0]["fileSize"] > 0, answer)
    check(f"v1 {form}: {ROWS} rows", count(name) == ROWS, count(name))


def failure():
    name = collection("v1")
    answer = eventually(lambda job=start(bad_file(), name): progress(job), ended)
    reason = str(answer["errorMessage"])
    check("v1 bad file: the reason names the field", '"vector"' in reason and "found 2 values" in reason, answer)
    check("v1 bad file: no rows", count(name) == 0, count(name))
    answer = eventually(lambda job=start("/nowhere/at/all.json", name): progress(job), ended)
    check("v1 missing file: the reason names it", "all.json" in str(answer["errorMessage"]), answer)


def arrays():
    """Checks arrays in Parquet files. The writer stores only one width of integers in lists, and no type if all lists are
    empty. Milvus refuses both."""
    narrow = [("int8", "Int8"), ("int16", "Int16"), ("int32", "Int32"), ("none", "Int64")]
    array = {"max_capacity": 8}
    fields = [FieldSchema("id", DataType.INT64, is_primary=True), FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2)]
    fields += [
        FieldSchema(name, DataType.ARRAY, element_type=getattr(DataType, kind.upper()), **array) for name, kind in narrow
    ]
    own = [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": True},
        {"fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
    ]
    own += [
        {"fieldName": name, "dataType": "Array", "elementDataType": kind, "elementTypeParams": array}
        for name, kind in narrow
    ]
    index = [{"fieldName": "vector", "metricType": "L2"}]
    body = {"collectionName": "v1_arrays", "schema": {"fields": own}, "indexParams": index}
    answer = post("/v2/vectordb/collections/create", body)[1]
    check("v1 arrays: the collection", answer["code"] == 0, answer)
    folder = str(DATA / "v1_arrays")
    with LocalBulkWriter(CollectionSchema(fields), folder, file_type=BulkFileType.PARQUET) as writer:
        for no in range(ROWS):
            lists = {"int8": [no, -no], "int16": [no * 100], "int32": [no * 100_000] * (no % 3), "none": []}
            writer.append_row({"id": no, "vector": [no / 2, 1.0], **lists})
        writer.commit()
        path = writer.batch_files[0][0]
    answer = eventually(lambda job=start(path, "v1_arrays"): progress(job), ended)
    said = "as a list of int8, found a column of list<int64>" in str(answer["errorMessage"])
    check("v1 arrays: wider integers are refused", said and count("v1_arrays") == 0, answer)


def jobs():
    page = list_import_jobs(url=URL, api_key=KEY, cluster_id=CLUSTER, page_size=5, current_page=1).json()["data"]
    check("v1 list: a page of 5", len(page["records"]) == 5 and int(page["pageSize"]) == 5, page)
    check("v1 list: counts all", int(page["count"]) >= 7, page)
    states = {record["state"] for record in page["records"]}
    check("v1 list: states", states <= {"ImportCompleted", "ImportFailed", "Completed", "Failed"}, states)
    refused(
        "v1 list: a page of 1 is refused",
        lambda: list_import_jobs(url=URL, api_key=KEY, cluster_id=CLUSTER, page_size=1, current_page=1),
        "80003",
    )
    refused(
        "v1 list: page 0 is refused",
        lambda: list_import_jobs(url=URL, api_key=KEY, cluster_id=CLUSTER, page_size=5, current_page=0),
        "80004",
    )


def refusals():
    path = files("json")[0][0]
    refused("v1 wrong key: create", lambda: start(path, key="wrong"), "401")
    refused("v1 wrong key: progress", lambda: progress("job-x", key="wrong"), "401")
    refused("v1 unknown job", lambda: progress("job-none"), "90144", "job-none")
    refused("v1 unknown collection", lambda: start(path, name="nowhere"), "47005", "nowhere")
    refused("v1 no URL", lambda: start(""), "90142")
    refused("v1 bad URL", lambda: start("ftp://somewhere/x.json"), "10003")


logging.disable(logging.CRITICAL)
for each in FORMATS:
    section(success, each)
for part in (failure, arrays, jobs, refusals):
    section(part)
