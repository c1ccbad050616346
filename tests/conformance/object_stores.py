"""Imports from an S3 server: moto's, filled by boto3, and read by a service of its own that is told where it is."""

import logging
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "conformance"
KEYS = {"accessKey": "AKIACONFORMANCE", "secretKey": "conformance-secret"}
# More than one page of a listing holds.
MANY = 1100


def serve(endpoint, folder):
    """The running service and its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ZSHELL"))}
    environment |= {"ZSHELL_DATA_DIR": str(folder / "data"), "ZSHELL_CONFIG_DIR": str(folder / "config"),
                    "ZSHELL_SERVE_TOKEN": os.environ["SERVICE_KEY"]}
    command = [os.environ["SERVICE_PROGRAM"], "serve", "--listen", "127.0.0.1:0", "--s3-endpoint", endpoint]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline().removeprefix("listening on ").strip()


def upload(store, paths, prefix):
    """The same list of files, in the bucket."""
    keys = []
    for path in paths:
        key = f"{prefix}/{Path(path).name}"
        store.upload_file(str(path), BUCKET, key)
        keys.append(f"s3://{BUCKET}/{key}")
    return keys


def run(store):
    from checks import FORMATS, check, collection, count, eventually, files, over, post

    def imported(name, lists, keys=KEYS):
        body = {"clusterId": "in03-conformance", "collectionName": name, "objectUrls": lists, **keys}
        status, answer = post("/v2/vectordb/jobs/import/create", body)
        if status != 200 or answer["code"] != 0:
            return answer
        job = {"clusterId": "in03-conformance", "jobId": answer["data"]["jobId"]}
        return eventually(lambda: post("/v2/vectordb/jobs/import/getProgress", job)[1]["data"], over)

    for form in FORMATS:
        name = collection("s3", form)
        lists = [upload(store, batch, form) for batch in files(form)]
        answer = imported(name, lists)
        check(f"S3 {form}: completed", answer.get("state") == "Completed", answer)
        check(f"S3 {form}: 50 rows", count(name) == 50, count(name))
    name = collection("s3", "numpy")
    answer = imported(name, [[f"s3://{BUCKET}/numpy/*.npy"]])
    check("S3 set of NumPy files by pattern", answer.get("state") == "Completed" and count(name) == 50, answer)

    text = Path(files("jsonl")[0][0]).read_bytes().splitlines()[0] + b"\n"
    for number in range(MANY):
        store.put_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl", Body=text)
    name = collection("s3", "jsonl")
    answer = imported(name, [[f"s3://{BUCKET}/many/"]])
    found = answer.get("state"), answer.get("reason", "")
    # One job takes 1,024 files: the whole listing has to be read to say so.
    check(f"S3 folder of {MANY} files: refused by number", found[0] == "Failed" and str(MANY) in found[1], answer)
    for number in range(1000, MANY):
        store.delete_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl")
    for number in range(1000, 1020):
        store.put_object(Bucket=BUCKET, Key=f"many/{number:04}.jsonl", Body=text)
    answer = imported(name, [[f"s3://{BUCKET}/many/"]])
    check("S3 folder of two pages", answer.get("state") == "Completed" and count(name) == 1020, answer)

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
    with tempfile.TemporaryDirectory(prefix="conformance-s3-") as folder:
        child, url = serve(endpoint, Path(folder))
        # Read by `checks` when it is imported.
        os.environ["SERVICE_URL"] = url
        try:
            run(store)
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=20)
            server.stop()


if __name__ == "__main__":
    main()
