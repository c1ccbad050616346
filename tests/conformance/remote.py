"""Helpers of the parts about object stores: a separate service whose options name a store, and jobs that read the store."""

import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def service(*options):
    """Runs `zshell serve` with these options. If `checks` is imported afterwards, it uses this service."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ZSHELL"))}
    with tempfile.TemporaryDirectory(prefix="conformance-store-") as folder:
        environment |= {"ZSHELL_DATA_DIR": str(Path(folder, "data")), "ZSHELL_CONFIG_DIR": str(Path(folder, "config")),
                        "ZSHELL_SERVE_TOKEN": os.environ["SERVICE_KEY"]}
        command = [os.environ["SERVICE_PROGRAM"], "serve", "--listen", "127.0.0.1:0", *options]
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            os.environ["SERVICE_URL"] = child.stdout.readline().removeprefix("listening on ").strip()
            yield
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=20)


def imported(name, lists, keys):
    """Imports these lists. Returns the job's last progress, or the refusal."""
    from checks import eventually, over, post

    body = {"clusterId": "in03-conformance", "collectionName": name, "objectUrls": lists, **keys}
    status, answer = post("/v2/vectordb/jobs/import/create", body)
    if status != 200 or answer["code"] != 0:
        return answer
    job = {"clusterId": "in03-conformance", "jobId": answer["data"]["jobId"]}
    return eventually(lambda: post("/v2/vectordb/jobs/import/getProgress", job)[1]["data"], over)


def every_format(store, root, put, keys):
    """Checks an import of each format. `put(key, content)` writes the files to the store below `root`."""
    from checks import FORMATS, check, collection, count, files

    for form in FORMATS:
        name, lists = collection(store.lower(), form), []
        for batch in files(form):
            for path in batch:
                put(f"{form}/{Path(path).name}", Path(path).read_bytes())
            lists.append([f"{root}/{form}/{Path(path).name}" for path in batch])
        answer = imported(name, lists, keys)
        check(f"{store} {form}: completed", answer.get("state") == "Completed", answer)
        check(f"{store} {form}: 50 rows", count(name) == 50, count(name))
