"""Drives pymilvus 3.0.2 over the v2 API, as a client of the cloud and of a Milvus server."""

import base64
import importlib
import logging
import struct
import warnings

warnings.simplefilter("ignore")

import pymilvus.bulk_writer as client  # noqa: E402
from minio import Minio  # noqa: E402
from pymilvus.bulk_writer.volume_manager import VolumeManager  # noqa: E402
from pymilvus.bulk_writer.volume_restful import apply_volume  # noqa: E402

from checks import (  # noqa: E402
    FORMATS, KEY, URL, bad_file, check, collection, count, eventually, files, over, post, refused, section,
)

ROWS = 50
CLOUD = {"cluster_id": "in03-conformance"}
PROJECT = {"project_id": "proj-conformance", "region_id": "aws-us-west-2"}
MILVUS = {}
WAYS = {"cloud": CLOUD, "project": PROJECT, "milvus": MILVUS}


def start(way, lists, name="v2", key=KEY, **more):
    paths = {"files": lists} if way == "milvus" else {"object_urls": lists}
    paths = more.pop("paths", paths)
    answer = client.bulk_import(url=URL, collection_name=name, api_key=key, **paths, **WAYS[way], **more)
    return answer.json()["data"]["jobId"]


def progress(way, job, key=KEY, **more):
    return client.get_import_progress(url=URL, job_id=job, api_key=key, **WAYS[way], **more).json()["data"]


def end(way, job):
    return eventually(lambda: progress(way, job), over)


def success(way, form):
    name = collection("v2", form)
    answer = end(way, start(way, files(form), name))
    label = f"v2 {way} {form}"
    done = answer["state"] == "Completed" and answer["progress"] == 100
    check(f"{label}: completed", done, answer)
    rows = answer["importedRows"] == answer["totalRows"] == ROWS
    check(f"{label}: rows of the job", rows, answer)
    detail = answer["details"][0] if answer["details"] else {}
    check(f"{label}: rows of the file", detail.get("importedRows") == ROWS and detail["state"] == "Completed", answer)
    check(f"{label}: {ROWS} rows", count(name) == ROWS, count(name))


def mixed():
    name = collection("v2")
    # Sets of NumPy files don't have all fields of the other formats.
    forms = [form for form in FORMATS if form != "numpy"]
    lists = [batch for form in forms for batch in files(form)]
    answer = end("milvus", start("milvus", lists, name))
    check("v2 four formats in one job", answer["state"] == "Completed" and len(answer["details"]) == 4, answer)
    check("v2 four formats in one job: rows", count(name) == 4 * ROWS, count(name))


def single():
    name = collection("v2")
    url = {"object_url": files("json")[0][0]}
    answer = end("cloud", start("cloud", None, name, paths=url))
    check("v2 object_url", answer["state"] == "Completed", answer)
    flat = {"object_urls": [files("json")[0][0]]}
    answer = end("cloud", start("cloud", None, name, paths=flat))
    check("v2 object_urls as a flat list", answer["state"] == "Completed", answer)
    answer = end("milvus", start("milvus", files("csv"), name, db_name="default", partition_name="_default"))
    check("v2 dbName and partitionName by their default names", answer["state"] == "Completed", answer)
    check("v2 imports append", count(name) == 3 * ROWS, count(name))


def failure(way):
    name = collection("v2")
    answer = end(way, start(way, [[bad_file()]], name))
    check(f"v2 {way} bad file: failed", answer["state"] == "Failed", answer)
    reason = answer["reason"]
    check(f"v2 {way} bad file: the reason names the field", '"vector"' in reason and "found 2 values" in reason, answer)
    if way == "milvus":
        # Milvus lists the files of import tasks, and a failed check makes none (GetTaskProgresses).
        check(f"v2 {way} bad file: no details", not answer.get("details"), answer)
    else:
        check(f"v2 {way} bad file: the file says so too", answer["details"][0]["reason"], answer)
    answer = end(way, start(way, files("json") + [[bad_file()]], name))
    check(f"v2 {way} one bad file of two: failed", answer["state"] == "Failed", answer)
    check(f"v2 {way} bad files: no rows", count(name) == 0, count(name))


def jobs():
    def page(**more):
        return client.list_import_jobs(url=URL, api_key=KEY, **more).json()["data"]["records"]

    records = page(collection_name="v2", page_size=3, **CLOUD)
    check("v2 list: a page of 3", len(records) == 3, records)
    check("v2 list: fields", all({"jobId", "collectionName", "state"} <= set(each) for each in records), records)
    following = page(collection_name="v2", page_size=3, current_page=2, **CLOUD)
    ids = {each["jobId"] for each in records + following}
    check("v2 list: the next page has others", len(ids) == 6, ids)
    check("v2 list: of the cloud", len(page(**CLOUD)) > 0)
    check("v2 list: Milvus has no pages", len(page(collection_name="v2", page_size=3)) > 3)
    refused("v2 list: of another collection", lambda: page(collection_name="nowhere"), "100", "nowhere")


def refusals(way):
    path = files("json")
    milvus = way == "milvus"
    collection_code, empty_code = ("100", "1100") if milvus else ("47005", "90145")
    job, job_words = ("12345", ("2101", "does not exist")) if milvus else ("job-none", ("90144", "job-none"))
    refused(f"v2 {way} wrong key: create", lambda: start(way, path, key="wrong"), "401")
    refused(f"v2 {way} wrong key: progress", lambda: progress(way, "job-x", key="wrong"), "401")
    refused(f"v2 {way} wrong key: list", lambda: client.list_import_jobs(url=URL, api_key="wrong"), "401")
    refused(f"v2 {way} unknown job", lambda: progress(way, job), *job_words)
    refused(f"v2 {way} unknown collection", lambda: start(way, path, name="nowhere"), collection_code, "nowhere")
    refused(f"v2 {way} unknown database", lambda: start(way, path, db_name="nowhere"), "800", "nowhere")
    refused(f"v2 {way} no files", lambda: start(way, []), empty_code)
    refused(f"v2 {way} unknown partition", lambda: start(way, path, partition_name="nowhere"), "nowhere")


def call(action, job):
    """Calls `commit_import` or `abort_import` if this release has them, else sends their request with the client's own
    sender."""
    work = getattr(client, f"{action}_import", None)
    if work is not None:
        return work(url=URL, job_id=job, api_key=KEY)
    # By its full name, because the package's attribute of this name is the function.
    module = importlib.import_module("pymilvus.bulk_writer.bulk_import")
    url = f"{URL}/v2/vectordb/jobs/import/{action}"
    answer = module._post_request(url=url, api_key=KEY, params={"jobId": job})
    module._handle_response(url, answer.json())
    return answer


def two_phases():
    name = collection("v2")
    finished = start("milvus", files("json"), name)
    end("milvus", finished)
    check("v2 commit of a finished job is success again", call("commit", finished).json()["code"] == 0)
    refused("v2 abort of a finished job", lambda: call("abort", finished), "2100")
    refused("v2 commit of an unknown job", lambda: call("commit", "12345"), "2101", "not found")
    options = {"auto_commit": "false"}
    job = start("milvus", files("json"), name, options=options)
    answer = end("milvus", job)
    check("v2 two-phase: waits", answer["state"] == "Uncommitted", answer)
    check("v2 two-phase: its rows are not seen", count(name) == ROWS, count(name))
    call("commit", job)
    answer = eventually(lambda: progress("milvus", job), lambda each: each["state"] == "Completed")
    check("v2 two-phase: committed", answer["state"] == "Completed", answer)
    check("v2 two-phase: its rows are seen", count(name) == 2 * ROWS, count(name))
    refused("v2 two-phase: no abort after a commit", lambda: call("abort", job), "2100")
    job = start("milvus", files("csv"), name, options=options)
    end("milvus", job)
    call("abort", job)
    gone = ("Aborted", "Failed")
    answer = eventually(lambda: progress("milvus", job), lambda each: each["state"] in gone)
    check("v2 two-phase: aborted", answer["state"] in gone, answer)
    check("v2 two-phase: none of its rows", count(name) == 2 * ROWS, count(name))
    refused("v2 two-phase: no commit after an abort", lambda: call("commit", job), "2100")


def base64_of(data):
    return base64.b64encode(data).decode()


def round_trip(form):
    """Checks that a query returns every field as written."""
    name = collection("trip", form)
    end("milvus", start("milvus", files(form), name))
    body = {"collectionName": name, "filter": "id in [7]", "outputFields": ["*"], "limit": 10}
    _, answer = post("/v2/vectordb/entities/query", body)
    if answer["code"] != 0:
        return check(f"v2 {form}: rows are read back", False, answer)
    found = answer["data"][0] if len(answer["data"]) == 1 else {}
    floats = [(7 * 8 + at) / 64 - 2 for at in range(8)]
    want = {
        "bool": False, "int8": -18, "int16": -1300, "int32": 7_000_021, "float": 1.75, "double": 7 / 3,
        "text": 'row 7 "quoted", ünïcode 世界', "extra": 14, "colour": "red",
        "json": {"no": 7, "list": [1, "two", None], "deep": {"a": True}},
        "vector": floats, "id": 7,
        # Vectors that are stored as bytes are returned in base64 (Milvus: httpserver/utils.go, buildQueryResp).
        "float16": base64_of(struct.pack("<8e", *floats)),
        "bfloat16": base64_of(b"".join(struct.pack("<f", value)[2:] for value in floats)),
        "binary": base64_of(bytes([0b1110_0000, 0])),
        "int8v": base64_of(struct.pack("8b", *(7 - at for at in range(8)))),
    }
    if form != "numpy":
        # The writer stores none of these in NumPy files.
        want |= {"numbers": [0, 1], "words": ['w0, "x"', 'w1, "x"', 'w2, "x"'], "sparse": {"7": 0.5, "14": 1.25}}
    keys = want.keys() | found.keys()
    differ = {key: found.get(key) for key in keys if key not in want or found.get(key) != want[key]}
    return check(f"v2 {form}: a row is read back as written", not differ, differ or found)


def volumes():
    manager = VolumeManager(cloud_endpoint=URL, api_key=KEY)
    project = PROJECT["project_id"]
    manager.create_volume(project_id=project, region_id=PROJECT["region_id"], volume_name="conformance")
    listed = manager.list_volumes(project_id=project).json()["data"]
    one = {"count": 1, "volumes": [{"volumeName": "conformance", "type": "MANAGED"}]}
    check("v2 volumes: list", one.items() <= listed.items(), listed)
    found = manager.describe_volume(volume_name="conformance").json()["data"]
    check("v2 volumes: describe", found["status"] == "RUNNING" and found["regionId"] == PROJECT["region_id"], found)
    # The client's own file manager only speaks HTTPS, so its S3 library is used directly.
    access = apply_volume(URL, KEY, "conformance", "").json()["data"]
    keys = access["credentials"]
    store = Minio(
        endpoint=access["endpoint"].removeprefix("http://"), access_key=keys["tmpAK"], secret_key=keys["tmpSK"],
        session_token=keys["sessionToken"], secure=False)
    path = files("parquet")[0][0]
    store.fput_object(access["bucketName"], access["volumePrefix"] + "in/1.parquet", path)
    paths = {"volume_name": "conformance", "data_paths": [["in/"]]}
    name = collection("v2", "parquet")
    answer = end("cloud", start("cloud", None, name, paths=paths))
    check("v2 volumes: import", answer["state"] == "Completed" and count(name) == ROWS, answer)
    manager.delete_volume(volume_name="conformance")
    refused("v2 volumes: deleted", lambda: manager.describe_volume(volume_name="conformance"), "63240")


logging.disable(logging.CRITICAL)
for each in FORMATS:
    for way_ in ("milvus", "cloud"):
        section(success, way_, each)
section(success, "project", "parquet")
for part in (mixed, single):
    section(part)
for way_ in ("milvus", "cloud"):
    section(failure, way_)
    section(refusals, way_)
for part in (jobs, two_phases, volumes):
    section(part)
for each in FORMATS:
    section(round_trip, each)
