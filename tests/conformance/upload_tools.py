"""Helpers of the parts about uploads: a proxy with faults, and runs of zshell with their own profile."""

import http.client
import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PROGRAM = os.environ.get("SERVICE_PROGRAM", "zshell")


class Proxy:
    """Forwards requests. `fault(method, target)` may return "lost" (the answer is dropped), or a status and a body to
    answer instead. `seen` has each method and target; `change(method, target, headers, body)` returns the target and
    headers to forward, and headers for the answer. The proxy removes the header by which zshell recognizes its own
    service, so a service behind a proxy is treated as one of Zilliz Cloud."""

    def __init__(self, upstream, fault=lambda method, target: None, change=None):
        self.seen, self.fault = [], fault
        address = urlsplit(upstream).netloc
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                proxy.seen.append((self.command, self.path))
                fault = proxy.fault(self.command, self.path)
                if isinstance(fault, tuple):
                    return self.reply(fault[0], {}, fault[1].encode())
                upstream = http.client.HTTPConnection(address, timeout=60)
                try:
                    target, headers, more = self.path, dict(self.headers), {}
                    if change:
                        target, headers, more = change(self.command, target, headers, body)
                    upstream.request(self.command, target, body or None, headers)
                    answer = upstream.getresponse()
                    content = answer.read()
                finally:
                    upstream.close()
                if fault == "lost":
                    self.close_connection = True
                    return None
                return self.reply(answer.status, {name.lower(): value for name, value in answer.headers.items()} | more, content)

            def reply(self, status, headers, content):
                self.send_response_only(status)
                for name, value in headers.items():
                    if name not in ("server", "connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                length = headers.get("content-length", len(content)) if self.command == "HEAD" else len(content)
                self.send_header("content-length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, method, part=""):
        return sum(seen == method and part in target for seen, target in list(self.seen))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Shell:
    """Runs zshell in a folder, with the profile `p`, which has a service and a store with its credentials."""

    def __init__(self, folder, service, url, endpoint, access, secret):
        self.folder = Path(folder)
        self.config(service, url, endpoint, access, secret)

    def config(self, service, url, endpoint, access, secret):
        place = self.folder / "config"
        place.mkdir(exist_ok=True)
        file = place / "config.toml"
        file.write_text(
            f'[profiles.p]\nendpoint = "{service}"\napi = "v2"\ntoken = "{os.environ["SERVICE_KEY"]}"\n'
            f'cluster_id = "in03-conformance"\nverify = false\n'
            f'[profiles.p.storage]\nurl = "{url}"\nendpoint = "{endpoint}"\naccess_key = "{access}"\nsecret_key = "{secret}"\n'
        )
        file.chmod(0o600)

    def command(self, *words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ZSHELL"))}
        environment |= {"ZSHELL_DATA_DIR": str(self.folder / "data"), "ZSHELL_CONFIG_DIR": str(self.folder / "config")}
        return {"args": [PROGRAM, "-p", "p", "-o", "json", *map(str, words)], "env": environment, "cwd": self.folder,
                "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}

    def run(self, *words):
        return subprocess.run(**self.command(*words), timeout=300, check=False)

    def start(self, *words):
        return subprocess.Popen(**self.command(*words))


@contextmanager
def shell(*store):
    with tempfile.TemporaryDirectory(prefix="conformance-upload-") as folder:
        yield Shell(folder, *store)


def last_line(run):
    """Returns a run's exit code and last lines, for a failed check."""
    return run.returncode, run.stdout[-200:], run.stderr[-400:]
