"""Imports from Azure Blob Storage: Azurite, filled by Microsoft's client, and read by a service that is told where it is."""

import os
import subprocess
import tempfile
from pathlib import Path

from azure.storage.blob import BlobServiceClient

import remote

ACCOUNT, CONTAINER = "conformance", "files"
# Base64, as every account's key is.
SECRET = "Y29uZm9ybWFuY2Utc2VjcmV0"
KEYS = {"accessKey": ACCOUNT, "secretKey": SECRET}
HOST = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}"
MAIN = "azurite/dist/src/blob/main.js"


def azurite(folder):
    """The running emulator and its address."""
    main = Path(os.environ["AZURITE"], MAIN)
    command = ["node", str(main), "--blobHost", "127.0.0.1", "--blobPort", "0"]
    command += ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    environment = os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{SECRET}"}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=folder)
    for line in child.stdout:
        if "listens on" in line:
            return child, line.split()[-1].strip()
    raise SystemExit("Azurite did not start")


def run(store):
    from checks import FORMATS, check, collection, count, files

    def upload(paths, prefix):
        keys = [f"{prefix}/{Path(path).name}" for path in paths]
        for path, key in zip(paths, keys):
            store.upload_blob(key, Path(path).read_bytes())
        return [f"{HOST}/{key}" for key in keys]

    for form in FORMATS:
        name = collection("azure", form)
        answer = remote.imported(name, [upload(batch, form) for batch in files(form)], KEYS)
        check(f"Azure {form}: completed", answer.get("state") == "Completed", answer)
        check(f"Azure {form}: 50 rows", count(name) == 50, count(name))
    text = Path(files("jsonl")[0][0]).read_bytes().splitlines()[0] + b"\n"
    for number in range(20):
        store.upload_blob(f"folder/{number:02}.jsonl", text)
    name = collection("azure", "jsonl")
    answer = remote.imported(name, [[f"{HOST}/folder/"]], KEYS)
    check("Azure folder", answer.get("state") == "Completed" and count(name) == 20, answer)

    answer = remote.imported(collection("azure"), [[f"{HOST}/none.json"]], KEYS)
    reason = answer.get("reason", "")
    check("Azure no such object", answer.get("state") == "Failed" and "none.json" in reason, answer)
    wrong = {"accessKey": ACCOUNT, "secretKey": "d3Jvbmctc2VjcmV0"}
    answer = remote.imported(collection("azure"), [[f"{HOST}/folder/00.jsonl"]], wrong)
    told = answer.get("state") == "Failed" and wrong["secretKey"] not in str(answer)
    check("Azure wrong key", told, answer)


def main():
    with tempfile.TemporaryDirectory(prefix="conformance-azurite-") as folder:
        child, endpoint = azurite(folder)
        try:
            client = BlobServiceClient(f"{endpoint}/{ACCOUNT}", credential=SECRET)
            store = client.create_container(CONTAINER)
            with remote.service("--azure-endpoint", endpoint):
                run(store)
        finally:
            child.kill()
            child.wait()


if __name__ == "__main__":
    main()
