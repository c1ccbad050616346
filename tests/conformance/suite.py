"""Runs the parts of the suite against one `zshell serve`, and counts their results. Standard library only.

    suite.py ZSHELL ENVIRONMENT [real]

With `real` only the comparison with a real Milvus 2.3.5 runs.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEY = "conformance-key"
# Maximum seconds of a part, and of the comparison with a real server.
LONGEST, LONGEST_REAL = 600, 3600


def serve(program, folder):
    """Runs the service. Yields its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZSHELL")}
    environment |= {
        "ZSHELL_DATA_DIR": str(folder / "data"),
        "ZSHELL_CONFIG_DIR": str(folder / "config"),
        "ZSHELL_SERVE_TOKEN": KEY,
    }
    command = [program, "serve", "--listen", "127.0.0.1:0"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=folder)
    line = child.stdout.readline()
    if not line.startswith("listening on "):
        child.kill()
        raise SystemExit(f"zshell serve said {line!r}")
    return child, line.removeprefix("listening on ").strip()


def part(name, command, environment, longest=LONGEST):
    """Runs one part and prints its output. Returns the numbers of passed, failed and skipped checks."""
    print(f"-- {name}", flush=True)
    run = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=longest, check=False
    )
    counts = [0, 0, 0]
    for line in run.stdout.splitlines():
        word = line.split(" ", 1)[0]
        if word in ("ok", "FAIL", "skip"):
            counts[("ok", "FAIL", "skip").index(word)] += 1
        print(line, flush=True)
    if run.returncode != 0 or counts == [0, 0, 0]:
        print(f"FAIL  {name}: ended with {run.returncode}", flush=True)
        counts[1] += 1
    return counts


def parts(installed):
    """Yields each part's name, clients and command."""

    def python(client, name):
        return [str(installed / client / "bin" / "python"), "-B", str(HERE / f"{name}.py")]

    for name in ("pymilvus_v1", "pymilvus_v2", "zilliz_cli"):
        yield name, [name], python(name, name)
    yield "node_sdk", ["node"], [shutil.which("node") or "node", str(HERE / "node_sdk.js")]
    yield "object_stores", ["object_stores"], python("object_stores", "object_stores")
    yield "uploads", ["object_stores"], python("object_stores", "uploads")
    yield "gcs_store", ["gcs_store"], python("gcs_store", "gcs_store")
    yield "azure_store", ["object_stores", "azurite"], python("object_stores", "azure_store")
    yield "milvus_server", ["real_server"], python("real_server", "milvus_server")
    yield "odd_requests", [], [sys.executable, "-B", str(HERE / "odd_requests.py")]


def compare_real(installed, environment):
    """Runs the comparison with a real server as one part."""
    command = [str(installed / "real_server" / "bin" / "python"), "-W", "ignore", "-B", str(HERE / "compare_real.py")]
    return part("compare_real", command, environment, LONGEST_REAL)


def main():
    is_real = sys.argv[3:] == ["real"]
    program, installed = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    present = lambda client: (installed / client / "installed").exists()  # noqa: E731
    total = [0, 0, 0]
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        folder = Path(folder)
        files = folder / "files"
        base = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        base |= {"SERVICE_FILES": str(files), "NODE_CLIENT": str(installed / "node" / "node_modules"),
                 "AZURITE": str(installed / "azurite" / "node_modules")}
        if not is_real and not present("pymilvus_v2"):
            # Without the writer there are no files to import.
            print("skip  everything: pymilvus_v2 is not installed")
            print("conformance: 0 passed, 0 failed, 1 skipped")
            return 0
        if not is_real:
            writer = [str(installed / "pymilvus_v2" / "bin" / "python"), "-B", str(HERE / "data.py")]
            subprocess.run(writer, env=base, check=True)
        child, url = serve(program, folder)
        base |= {"SERVICE_URL": url, "SERVICE_KEY": KEY, "SERVICE_PROGRAM": program}
        try:
            if is_real:
                total = compare_real(installed, base)
            for name, clients, command in [] if is_real else parts(installed):
                if all(map(present, clients)):
                    counts = part(name, command, base)
                else:
                    print(f"skip  {name}: its client is not installed")
                    counts = [0, 0, 1]
                total = [one + other for one, other in zip(total, counts)]
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                status = child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                status = "a kill"
        ended = status == 0
        print("ok    the service ends cleanly" if ended else f"FAIL  the service ended with {status}")
        total[0 if ended else 1] += 1
    print("conformance: {} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
