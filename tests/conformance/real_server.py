"""Starts the real Milvus server of PyPI's package `milvus` (2.3.5), in a separate process on loopback.

    with RealServer(interpreter, folder) as server:
        server.port   # gRPC, and the v1 routes of HTTP
        server.files  # the folder of files that it imports

`interpreter` is the Python of an environment that has the packages of clients/real_server.txt. Standard library only.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

# Seconds until the server must answer.
READY = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RealServer:
    def __init__(self, interpreter, folder):
        self.folder = Path(folder)
        self.command = [str(Path(interpreter).parent / "milvus-server"), "--data", str(self.folder)]
        # The root of the local storage, from which the server imports files.
        self.files = self.folder / "data"
        self.port = free_port()
        self.child = None

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [*self.command, "--proxy-port", str(self.port)]
        # With the default fixed ports of the metadata store, a second server on the machine would fail.
        store = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        settings = self.folder / "etcd.yaml"
        settings.write_text(
            f"name: default\nlisten-client-urls: {store[0]}\nadvertise-client-urls: {store[0]}\n"
            f"listen-peer-urls: {store[1]}\ninitial-advertise-peer-urls: {store[1]}\n"
            f"initial-cluster: default={store[1]}\n"
        )
        environment = {**os.environ, "ETCD_CONFIG_PATH": str(settings)}
        # The server starts child processes. A separate session allows ending all of them together.
        with open(self.folder / "output.txt", "wb") as output:
            self.child = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        until = time.monotonic() + READY
        while not self.is_ready():
            if self.child.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise SystemExit(f"the real server isn't ready: {(self.folder / 'output.txt').read_text()[-2000:]}")
            time.sleep(0.5)
        return self

    def is_ready(self):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/vector/collections", headers={"Authorization": "Bearer root:Milvus"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return b'"code":200' in answer.read()
        except (OSError, urllib.error.URLError):
            return False

    def is_running(self):
        return self.child.poll() is None

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, number)
                self.child.wait(timeout=20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
