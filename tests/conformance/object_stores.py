"""Imports from moto's S3 server, filled by boto3 and read by a separate service whose options name the server's address.

The same server is used as Google Cloud's XML API, which speaks S3's protocol with HMAC keys. `gcs_store.py` uses an
emulator of Google Cloud, which has a part of that API.
"""

import logging
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

import remote

BUCKET = "conformance"
KEYS = {"accessKey": "AKIACONFORMANCE", "secretKey": "conformance-secret"}
# More than a page of a list.
MANY = 1100


def run(store):
    from checks import check, collection, count, files

    def imported(name, lists):
        return remote.imported(name, lists, KEYS)

    def put(key, content):
        store.put_object(Bucket=BUCKET, Key=key, Body=content)

    remote.every_format("S3", f"s3://{BUCKET}", put, KEYS)
    name = collection("s3", "numpy")
    answer = imported(name, [[f"s3://{BUCKET}/numpy/*.npy"]])
    check("S3 set of NumPy files by pattern", answer.get("state") == "Completed" and count(name) == 50, answer)

    text = Path(files("jsonl")[0][0]).read_bytes().splitlines()[0] + b"\n"
    for number in range(MANY):
        store.put_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl", Body=text)
    name = collection("s3", "jsonl")
    answer = imported(name, [[f"s3://{BUCKET}/many/"]])
    found = answer.get("state"), answer.get("reason", "")
    # A job accepts at most 1,024 files, so the service must read the whole list before the refusal.
    check(f"S3 folder of {MANY} files: refused by number", found[0] == "Failed" and str(MANY) in found[1], answer)
    for number in range(1000, MANY):
        store.delete_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl")
    for number in range(1000, 1020):
        store.put_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl", Body=text)
    answer = imported(name, [[f"s3://{BUCKET}/many/"]])
    check("S3 folder of two pages", answer.get("state") == "Completed" and count(name) == 1020, answer)

    remote.every_format("gs", f"gs://{BUCKET}", put, KEYS)
    name = collection("gcs", "jsonl")
    answer = imported(name, [[f"https://storage.googleapis.com/{BUCKET}/many/0000.jsonl"]])
    check("Google Cloud's public URL", answer.get("state") == "Completed" and count(name) == 1, answer)

    for what, path in (("object", f"s3://{BUCKET}/none.json"), ("bucket", "s3://no-such-bucket/a.json")):
        answer = imported(collection("s3"), [[path]])
        reason = answer.get("reason", "")
        failed = answer.get("state") == "Failed" and path.rsplit("/", 1)[1] in reason
        check(f"S3 no such {what}", failed and KEYS["secretKey"] not in str(answer), answer)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    store = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=KEYS["accessKey"], aws_secret_access_key=KEYS["secretKey"],
    )
    store.create_bucket(Bucket=BUCKET)
    try:
        with remote.service("--s3-endpoint", endpoint, "--gcs-endpoint", endpoint):
            run(store)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
