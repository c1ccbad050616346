"""Checks that print a line each, and calls for all parts of the suite. Standard library only.

A part is a separate program, run by the interpreter that has the part's client. The environment has the service's address,
API key and data folder. A part prints lines with `ok` or `FAIL`, which the suite counts.
"""

import json
import os
import time
import traceback
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
URL = os.environ.get("SERVICE_URL", "")
KEY = os.environ.get("SERVICE_KEY", "")
DATA = Path(os.environ.get("SERVICE_FILES", "."))
FORMATS = ["json", "jsonl", "csv", "parquet", "numpy"]


def check(name, passed, found=""):
    """Prints the result of a check, with `found` if the check fails."""
    if passed:
        print(f"ok    {name}", flush=True)
    else:
        print(f"FAIL  {name}: {str(found)[:600]}", flush=True)
    return bool(passed)


def section(work, *args):
    """Runs checks. An exception counts as a failed check."""
    try:
        work(*args)
    except Exception:  # noqa: BLE001
        check(f"{work.__name__} {' '.join(map(str, args))}".strip(), False, traceback.format_exc()[-600:])


def refused(name, work, *words):
    """Checks that the client raises an error whose text contains every word."""
    try:
        answer = work()
    except Exception as error:  # noqa: BLE001
        check(name, all(word.lower() in str(error).lower() for word in words), error)
    else:
        check(name, False, f"no error, answered {getattr(answer, 'text', answer)}")


def post(path, body, key=KEY):
    """Sends a plain request. Returns `(status, object)`."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def collection(name, form="json"):
    """Creates an empty collection with the schema of this format's files. Returns its name."""
    post("/v2/vectordb/collections/drop", {"collectionName": name})
    body = json.loads((DATA / f"schema-{form}.json").read_text())
    status, answer = post("/v2/vectordb/collections/create", {"collectionName": name, **body})
    if status != 200 or answer["code"] != 0:
        raise RuntimeError(f"cannot create {name}: {answer}")
    return name


def count(name):
    answer = post(
        "/v2/vectordb/entities/query",
        {"collectionName": name, "filter": "", "outputFields": ["count(*)"]},
    )[1]
    return answer["data"][0]["count(*)"] if answer["code"] == 0 else answer


def files(form):
    """Returns the files of one import, as grouped by the bulk writer: a list of lists of absolute paths."""
    return json.loads((DATA / "files.json").read_text())[form]


def bad_file():
    return str(DATA / "bad.json")


def eventually(look, ended, seconds=60):
    """Calls `look` until `ended(answer)` is true, for at most `seconds`. Returns the last answer."""
    until = time.monotonic() + seconds
    while True:
        answer = look()
        if ended(answer) or time.monotonic() > until:
            return answer
        time.sleep(0.05)


def over(progress):
    return progress.get("state") in ("Completed", "Failed", "Uncommitted", "Aborted")
