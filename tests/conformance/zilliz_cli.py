"""Drives the Zilliz CLI 1.0.2: a process per call, with its settings in a separate folder."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import FORMATS, KEY, URL, bad_file, check, collection, count, eventually, files, over, section

CLUSTER = "in03-conformance"
ROWS = 50
PROGRAM = Path(sys.executable).with_name("zilliz")
HOME = tempfile.mkdtemp(prefix="zilliz-cli-")


def zilliz(*words, key=KEY):
    """Runs a command. Returns the finished process with its output."""
    environment = {**os.environ, "ZILLIZ_CONFIG_DIR": HOME, "HOME": HOME, "NO_COLOR": "1", "COLUMNS": "200"}
    environment["ZILLIZ_API_KEY"] = key
    command = [str(PROGRAM), *words]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def data(*words):
    run = zilliz(*words, "--output", "json")
    if run.returncode != 0:
        raise RuntimeError(f"{words} ended with {run.returncode}: {run.stdout} {run.stderr}")
    answer = json.loads(run.stdout) if run.stdout.strip() else {}
    return answer.get("data", answer) if isinstance(answer, dict) else answer


def refused(name, words, *texts, key=KEY):
    run = zilliz(*words, key=key)
    said = run.stdout + run.stderr
    check(name, run.returncode != 0 and all(text.lower() in said.lower() for text in texts), said)


def settings():
    for words in (
        ("configure", "set", "base_url", URL),
        ("context", "set", "--cluster-id", CLUSTER, "--endpoint", URL),
    ):
        run = zilliz(*words)
        check(f"cli {' '.join(words[:2])}", run.returncode == 0, run.stdout + run.stderr)


def begin(lists, name="cli", key="objectUrls"):
    body = json.dumps({key: lists})
    return ("import", "start", "--cluster-id", CLUSTER, "--collection", name, "--body", body)


def status(job):
    return data("import", "status", "--job-id", job, "--cluster-id", CLUSTER)


def success(form, key="objectUrls"):
    name = collection("cli", form)
    job = data(*begin(files(form), name, key))["jobId"]
    answer = eventually(lambda: status(job), over)
    check(f"cli {form} as {key}: completed", answer["state"] == "Completed" and answer["progress"] == 100, answer)
    check(f"cli {form} as {key}: {ROWS} rows", count(name) == ROWS, count(name))


def failure():
    job = data(*begin([[bad_file()]], collection("cli")))["jobId"]
    answer = eventually(lambda: status(job), over)
    check("cli bad file: the reason names the field", answer["state"] == "Failed" and "vector" in answer["reason"], answer)


def jobs():
    page = data("import", "list", "--cluster-id", CLUSTER, "--page-size", "3")
    records = page["records"] if isinstance(page, dict) else page
    check("cli import list", len(records) == 3 and records[0]["jobId"], page)


def collections():
    made = zilliz("collection", "create", "--name", "cli_quick", "--dimension", "4")
    check("cli collection create", made.returncode == 0, made.stdout + made.stderr)
    listed = data("collection", "list")
    check("cli collection list", "cli_quick" in listed, listed)
    there = data("collection", "has", "--name", "cli_quick")
    check("cli collection has", there == {"has": True}, there)
    described = data("collection", "describe", "--name", "cli_quick")
    check("cli collection describe", described["collectionName"] == "cli_quick" and described["fields"], described)
    for call in ("load", "release", "load"):
        run = zilliz("collection", call, "--name", "cli_quick", *(["--yes"] if call == "release" else []))
        check(f"cli collection {call}", run.returncode == 0, run.stdout + run.stderr)
    state = data("collection", "get-load-state", "--name", "cli_quick")
    check("cli collection get-load-state", state["loadState"] == "LoadStateLoaded", state)
    stats = data("collection", "get-stats", "--name", "cli_quick")
    check("cli collection get-stats", stats == {"rowCount": 0}, stats)
    body = json.dumps({"schema": {"fields": [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": True},
        {"fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": {"dim": 4}},
    ]}})
    run = zilliz("collection", "create", "--name", "cli_schema", "--body", body)
    check("cli collection create --body", run.returncode == 0, run.stdout + run.stderr)
    indexes = data("index", "list", "--collection", "cli_quick")
    check("cli index list", indexes == ["vector"], indexes)
    index = data("index", "describe", "--collection", "cli_quick", "--index-name", "vector")
    check("cli index describe", index[0]["fieldName"] == "vector", index)
    stats = data("partition", "get-stats", "--collection", "cli_quick", "--partition", "_default")
    check("cli partition get-stats", stats == {"rowCount": 0}, stats)
    run = zilliz("collection", "flush", "--name", "cli_quick")
    check("cli collection flush", run.returncode == 0, run.stdout + run.stderr)
    for old, new in (("cli_quick", "cli_renamed"), ("cli_renamed", "cli_quick")):
        run = zilliz("collection", "rename", "--name", old, "--new-name", new)
        check(f"cli collection rename to {new}", run.returncode == 0, run.stdout + run.stderr)
    for name in ("cli_quick", "cli_schema"):
        run = zilliz("collection", "drop", "--name", name, "--yes")
        check(f"cli collection drop {name}", run.returncode == 0, run.stdout + run.stderr)
    left = data("collection", "list")
    check("cli collection list after drops", "cli_quick" not in left and "cli_schema" not in left, left)


def done(*words):
    """Makes a call whose answer has no data."""
    run = zilliz(*words)
    check(f"cli {' '.join(words[:2])}", run.returncode == 0, run.stdout + run.stderr)


def changes():
    name = ("--collection", "cli_rows")
    done("collection", "create", "--name", "cli_rows", "--dimension", "2")
    rows = json.dumps([{"id": no, "vector": [no, 1]} for no in range(5)])
    made = data("vector", "insert", *name, "--data", rows)
    check("cli vector insert", made.get("insertCount") == 5, made)
    made = data("vector", "upsert", *name, "--data", json.dumps([{"id": 1, "vector": [7, 7]}]))
    check("cli vector upsert", made.get("upsertCount") == 1, made)
    done("vector", "delete", *name, "--filter", "id % 2 == 0", "--yes")
    check("cli rows after upsert and delete", count("cli_rows") == 2, count("cli_rows"))
    state = data("collection", "compact", "--name", "cli_rows")
    check("cli collection compact", "compactionID" in state, state)
    done("index", "drop", *name, "--index-name", "vector", "--yes")
    done("index", "create", *name, "--body", '{"indexParams": [{"fieldName": "vector", "indexType": "AUTOINDEX"}]}')
    indexes = data("index", "list", *name)
    check("cli index list after drop and create", indexes == ["vector"], indexes)
    done("partition", "create", *name, "--partition", "p1")
    done("partition", "load", *name, "--names", '["p1"]')
    done("partition", "release", *name, "--names", '["p1"]', "--yes")
    done("partition", "drop", *name, "--partition", "p1", "--yes")
    done("alias", "create", *name, "--alias", "cli_alias")
    described = data("alias", "describe", "--alias", "cli_alias")
    check("cli alias describe", described.get("collectionName") == "cli_rows", described)
    done("alias", "drop", "--alias", "cli_alias", "--yes")
    done("collection", "drop", "--name", "cli_rows", "--yes")


def refusals():
    refused("cli wrong key: import", begin(files("json")), "API key", key="wrong")
    refused("cli wrong key: collection", ("collection", "list"), "API key", key="wrong")
    unknown = ("import", "status", "--job-id", "job-none", "--cluster-id", CLUSTER)
    refused("cli unknown job", unknown, "job-none")
    # The CLI treats the brackets around Milvus' details as markup, so the name is lost.
    refused("cli unknown collection: import", begin(files("json"), "nowhere"), "47005", "can't find collection")
    unknown = ("collection", "describe", "--name", "nowhere")
    refused("cli unknown collection: describe", unknown, "100", "can't find collection")


section(settings)
for each in FORMATS:
    section(success, each)
# The form that the CLI's help shows.
section(success, "json", "files")
for part in (failure, jobs, collections, changes, refusals):
    section(part)
