"""Imports from Azure Blob Storage and uploads to it. The store is Azurite, filled by Microsoft's client or by zshell, and
read by a service whose options name the emulator's address."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from azure.storage.blob import BlobServiceClient

import remote
from upload_tools import Proxy, last_line, shell

ACCOUNT, CONTAINER = "conformance", "files"
# Account keys are base64.
SECRET = "Y29uZm9ybWFuY2Utc2VjcmV0"
KEYS = {"accessKey": ACCOUNT, "secretKey": SECRET}
HOST = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}"
MAIN = "azurite/dist/src/blob/main.js"


def azurite(folder):
    """Runs the emulator. Yields its address."""
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
    from checks import check, collection, count, files

    remote.every_format("Azure", HOST, store.upload_blob, KEYS)
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


def steps(run):
    return [f"{step['step']} {step['state']}" for step in json.loads(run.stdout or "{}").get("steps", [])]


def one_line(endpoint):
    from checks import check, collection, count, files

    collection("upload_azure", "parquet")
    service = Proxy(os.environ["SERVICE_URL"])
    with shell(service.url, HOST, endpoint, ACCOUNT, SECRET) as zshell:
        for path in files("parquet")[0]:
            shutil.copy2(path, zshell.folder)
        words = ("import", "upload_azure", "*.parquet", "--check", "--verify", "--upload-to", f"{HOST}/one/")
        ran = zshell.run(*words)
        done = ["check done", "upload done", "import done", "verify done"]
        check("Azure one line", steps(ran) == done and count("upload_azure") == 50, last_line(ran))
        ran = zshell.run(*words)
        check("Azure one line again", steps(ran)[1:3] == ["upload skipped", "import skipped"], last_line(ran))
        check("Azure one line again: 50 rows", count("upload_azure") == 50, count("upload_azure"))
    service.stop()


def broken(endpoint, store):
    """Checks `kill -9` during the upload of a file in blocks, a lost answer, and a wrong key."""
    from checks import check

    dropped = []

    def fault(method, target):
        if "comp=block&" not in target and "comp=blocklist" in target and not dropped:
            dropped.append(target)
            return "lost"
        if "blockid" in target:
            time.sleep(0.2)
        return None

    proxy = Proxy(endpoint, fault)
    with shell("http://127.0.0.1:9", HOST, proxy.url, ACCOUNT, SECRET) as zshell:
        content = os.urandom(1 << 20) * 60
        (zshell.folder / "large.parquet").write_bytes(content)
        words = ("upload", "large.parquet", f"{HOST}/killed/", "--parallel", "2")
        child = zshell.start(*words)
        until = time.monotonic() + 60
        while proxy.count("PUT", "blockid") < 4 and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        ran = zshell.run(*words)
        sent = proxy.count("PUT", "blockid")
        whole = ran.returncode == 0 and store.download_blob("killed/large.parquet").readall() == content
        check("Azure killed, and a lost answer: the next run ends", whole and len(dropped) == 1, last_line(ran))
        check("Azure killed: finished blocks aren't sent again", sent <= 8 + 3, sent)
    proxy.stop()
    with shell("http://127.0.0.1:9", HOST, endpoint, ACCOUNT, "d3Jvbmctc2VjcmV0") as zshell:
        (zshell.folder / "a.json").write_text("[]")
        ran = zshell.run("upload", "a.json", f"{HOST}/refused/")
        check("Azure wrong key: exit 3", ran.returncode == 3, last_line(ran))


def main():
    with tempfile.TemporaryDirectory(prefix="conformance-azurite-") as folder:
        child, endpoint = azurite(folder)
        try:
            client = BlobServiceClient(f"{endpoint}/{ACCOUNT}", credential=SECRET)
            store = client.create_container(CONTAINER)
            with remote.service("--azure-endpoint", endpoint):
                from checks import section

                run(store)
                section(one_line, endpoint)
            section(broken, endpoint, store)
        finally:
            child.kill()
            child.wait()


if __name__ == "__main__":
    main()
