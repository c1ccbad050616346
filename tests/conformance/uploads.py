"""Uploads to moto's S3 server: the one-line import, interrupted uploads, lost answers, wrong and expired keys, many files.

The service is `zshell serve`, which reads moto's bucket too. It's behind a proxy, since zshell uploads nothing for its
own service.
"""

import hashlib
import json
import logging
import os
import shutil
import signal
import time
import urllib.request
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

import remote
from upload_tools import Proxy, last_line, shell

BUCKET = "conformance"
ACCESS, SECRET = "AKIACONFORMANCE", "conformance-secret"
MANY = 10_000
PART = 8 << 20
EXPIRED = 400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


def steps(run):
    return [f"{step['step']} {step['state']}" for step in json.loads(run.stdout or "{}").get("steps", [])]


def wait_until(ready, seconds=60):
    until = time.monotonic() + seconds
    while not ready() and time.monotonic() < until:
        time.sleep(0.01)


def one_line(moto, store, kind="s3", forms=None):
    """Checks that every format goes from files to a verified collection, and that a second run has nothing to do."""
    from checks import FORMATS, check, collection, count, files

    service, bucket = Proxy(os.environ["SERVICE_URL"]), Proxy(moto)
    done = ["create skipped", "check done", "upload done", "import done", "verify done"]
    again = ["create skipped", "check skipped", "upload skipped", "import skipped", "verify done"]
    with shell(service.url, f"{kind}://{BUCKET}", bucket.url, ACCESS, SECRET) as zshell:
        for form in forms or FORMATS:
            name = collection(f"upload_{kind}_{form}", form)
            for number, paths in enumerate(files(form)):
                for path in paths:
                    target = zshell.folder / form / str(number)
                    target.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, target)
            words = ("import", name, form, "--create", "--check", "--verify", "--upload-to", f"{kind}://{BUCKET}/{name}/")
            ran = zshell.run(*words)
            check(f"{kind} {form}: one line", steps(ran) == done, last_line(ran))
            check(f"{kind} {form}: 50 rows", count(name) == 50, count(name))
            puts, jobs = bucket.count("PUT"), service.count("POST", "import/create")
            ran = zshell.run(*words)
            check(f"{kind} {form}: again", steps(ran) == again, last_line(ran))
            same = (puts, jobs) == (bucket.count("PUT"), service.count("POST", "import/create"))
            check(f"{kind} {form}: nothing is sent or submitted twice", same)
    service.stop()
    bucket.stop()


def killed(moto, store, kind="s3"):
    """Checks that after `kill -9` during a file in parts, the next run sends the missing parts."""
    from checks import check

    slow = lambda method, target: time.sleep(0.2) if "partNumber" in target else None  # noqa: E731
    proxy = Proxy(moto, slow)
    with shell("http://127.0.0.1:9", f"{kind}://{BUCKET}", proxy.url, ACCESS, SECRET) as zshell:
        content = os.urandom(1 << 20) * 100
        (zshell.folder / "large.parquet").write_bytes(content)
        parts = -(-len(content) // PART)
        words = ("upload", "large.parquet", f"{kind}://{BUCKET}/killed-{kind}/", "--parallel", "2")
        child = zshell.start(*words)
        wait_until(lambda: proxy.count("PUT", "partNumber") >= 6)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        first = proxy.count("PUT", "partNumber")
        check(f"{kind} killed: in the middle", 6 <= first < parts, first)
        ran = zshell.run(*words)
        check(f"{kind} killed: the next run ends", ran.returncode == 0, last_line(ran))
        # Parts that were being sent when the process died are sent again.
        sent = proxy.count("PUT", "partNumber")
        check(f"{kind} killed: finished parts aren't sent again", sent <= parts + 3, f"{sent} of {parts}")
        body = store.get_object(Bucket=BUCKET, Key=f"killed-{kind}/large.parquet")["Body"].read()
        check(f"{kind} killed: the object is whole", hashlib.sha256(body).digest() == hashlib.sha256(content).digest())
        left = store.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        check(f"{kind} killed: no unfinished upload is left", not left, left)
        ran = zshell.run(*words, "--policy", "same-checksum")
        check(f"{kind} killed: same checksum", json.loads(ran.stdout)["sent"] == 0, last_line(ran))
    proxy.stop()


def lost(moto, store):
    """Drops the answers to a whole object, to a part, and to the completion of parts."""
    from checks import check

    for what, method, part, size, most in (
        ("of an object", "PUT", "lost", 1000, 1),
        ("of a part", "PUT", "partNumber=2", 3 * PART, 4),
        ("of the completion", "POST", "uploadId", 3 * PART, 3),
    ):
        dropped = []

        def fault(seen, target, method=method, part=part, dropped=dropped):
            if seen == method and part in target and not dropped:
                dropped.append(target)
                return "lost"
            return None

        proxy = Proxy(moto, fault)
        with shell("http://127.0.0.1:9", f"s3://{BUCKET}", proxy.url, ACCESS, SECRET) as zshell:
            content = os.urandom(size)
            (zshell.folder / "lost.parquet").write_bytes(content)
            key = f"lost-{size}-{method}/"
            ran = zshell.run("upload", "lost.parquet", f"s3://{BUCKET}/{key}")
            puts = proxy.count("PUT")
            passed = ran.returncode == 0 and len(dropped) == 1 and puts <= most
            check(f"S3 lost answer {what}", passed, (puts, last_line(ran)))
            body = store.get_object(Bucket=BUCKET, Key=f"{key}lost.parquet")["Body"].read()
            check(f"S3 lost answer {what}: the object is whole", body == content)
        proxy.stop()


def keys(moto, store):
    """Checks that wrong keys submit nothing, and that a repeated command continues with the right ones."""
    from checks import check, collection, files

    collection("upload_keys", "jsonl")
    service = Proxy(os.environ["SERVICE_URL"])
    expired = []
    bucket = Proxy(moto, lambda method, target: EXPIRED if expired else None)
    with shell(service.url, f"s3://{BUCKET}", bucket.url, ACCESS, SECRET) as zshell:
        for path in files("jsonl")[0]:
            shutil.copy2(path, zshell.folder)
        words = ("import", "upload_keys", "*.jsonl", "--check", "--verify", "--upload-to", f"s3://{BUCKET}/keys/")
        expired.append(True)
        ran = zshell.run(*words)
        told = "ExpiredToken" in ran.stderr and "to continue: zshell" in " ".join(ran.stderr.split())
        check("S3 expired keys: exit 3, and how to go on", ran.returncode == 3 and told, last_line(ran))
        check("S3 expired keys: no secret", SECRET not in ran.stdout + ran.stderr)
        check("S3 expired keys: no job", service.count("POST", "import/create") == 0)
        expired.clear()
        ran = zshell.run(*words)
        check("S3 expired keys: the same line goes on", ran.returncode == 0 and "upload done" in steps(ran), last_line(ran))
    service.stop()
    bucket.stop()


def refused(moto, store):
    """Checks refusals. From here on, moto checks keys and signatures."""
    from checks import check

    iam = boto3.client("iam", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    iam.create_user(UserName="writer")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="writer", PolicyName="all", PolicyDocument=json.dumps(policy))
    own = iam.create_access_key(UserName="writer")["AccessKey"]
    access, secret = own["AccessKeyId"], own["SecretAccessKey"]
    request = urllib.request.Request(f"{moto}/moto-api/reset-auth", data=b"0", method="POST", headers={"content-type": "text/plain"})
    urllib.request.urlopen(request, timeout=10).read()
    for what, given, status in (("unknown key", ("AKIANONE", secret), 3), ("wrong secret", (access, "wrong"), 3), ("right keys", (access, secret), 0)):
        with shell("http://127.0.0.1:9", f"s3://{BUCKET}", moto, *given) as zshell:
            (zshell.folder / "a.json").write_text("[]")
            ran = zshell.run("upload", "a.json", f"s3://{BUCKET}/refused/")
            hidden = secret not in ran.stdout + ran.stderr
            check(f"S3 {what}: exit {status}", ran.returncode == status and hidden, last_line(ran))


def many(moto, store):
    """Checks that 10,000 small files all arrive, and that a second run sends none."""
    from checks import check

    with shell("http://127.0.0.1:9", f"s3://{BUCKET}", moto, ACCESS, SECRET) as zshell:
        for number in range(MANY):
            folder = zshell.folder / "many" / f"{number // 100:02}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number:05}.json").write_text(f'[{{"id": {number}}}]')
        words = ("upload", "many", f"s3://{BUCKET}/many/", "--parallel", "32")
        began = time.monotonic()
        ran = zshell.run(*words)
        first = time.monotonic() - began
        sent = json.loads(ran.stdout or "{}").get("sent")
        check(f"S3 {MANY} files: sent in {first:.0f} s", sent == MANY, last_line(ran))
        began = time.monotonic()
        ran = zshell.run(*words)
        second = time.monotonic() - began
        skipped = json.loads(ran.stdout or "{}").get("skipped")
        check(f"S3 {MANY} files: skipped in {second:.0f} s", skipped == MANY, last_line(ran))
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="many/")
        found = sum(len(page.get("Contents", [])) for page in pages)
        check(f"S3 {MANY} files: in the bucket", found == MANY, found)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    moto = f"http://{host}:{port}"
    store = boto3.client("s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id=ACCESS, aws_secret_access_key=SECRET)
    store.create_bucket(Bucket=BUCKET)
    try:
        with remote.service("--s3-endpoint", moto, "--gcs-endpoint", moto):
            from checks import section

            section(one_line, moto, store)
            section(one_line, moto, store, "gs", ["parquet"])
            section(keys, moto, store)
        section(killed, moto, store, "gs")
        for work in (killed, lost, many, refused):
            section(work, moto, store)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
