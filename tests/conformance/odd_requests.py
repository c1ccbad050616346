"""Requests of real clients, byte by byte: unusual forms that must work, and wrong ones that must get an error."""

import gzip
import json
import socket
from urllib.parse import urlsplit

from checks import KEY, URL, check, collection, count, eventually, files, over, post, section

CREATE = "/v2/vectordb/jobs/import/create"
PROGRESS = "/v2/vectordb/jobs/import/getProgress"
LIST = "/v2/vectordb/jobs/import/list"
CLUSTER = {"clusterId": "in03-conformance"}
ROWS = 50


class Wire:
    """A connection that sends exact bytes."""

    def __init__(self):
        address = urlsplit(URL)
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname, address.port), timeout=20)
        self.file = self.socket.makefile("rb")

    def send(self, method, path, body=b"", headers=(), version="1.1", key=KEY):
        lines = [f"{method} {path} HTTP/{version}", f"Host: {self.host}", f"Authorization: Bearer {key}"]
        lines += headers
        if not any(line.lower().startswith("transfer-encoding") for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self.answer()

    def answer(self):
        """Reads an answer. Returns its status, headers, and body, parsed if it's JSON, else as text."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        length = headers.get("content-length")
        if length is not None:
            text = self.file.read(int(length))
        else:
            text = self.chunks() if "chunked" in headers.get("transfer-encoding", "") else self.file.read()
        if headers.get("content-encoding") == "gzip":
            text = gzip.decompress(text)
        try:
            return status, headers, json.loads(text)
        except ValueError:
            return status, headers, text

    def chunks(self):
        text = b""
        while (size := int(self.file.readline(), 16)):
            text += self.file.read(size)
            self.file.readline()
        self.file.readline()
        return text


def ask(path, body, *headers, **more):
    """Sends a JSON request over a new connection. Returns the answer."""
    headers = headers or ("Content-Type: application/json",)
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Wire().send("POST", path, text, list(headers), **more)


def code(answer):
    return answer[2].get("code") if isinstance(answer[2], dict) else answer[2]


def works(name, answer):
    check(f"odd: {name}", answer[0] == 200 and code(answer) == 0, answer)


def fails(name, answer, status, expected=None):
    passed = answer[0] == status and isinstance(answer[2], dict) and answer[2].get("message")
    check(f"odd: {name}", passed and (expected is None or code(answer) == expected), answer)


def numbers():
    listed = {"pageSize": "3", "currentPage": "1", **CLUSTER}
    works("numbers as text", ask(LIST, listed))
    works("an empty text for a number", ask(LIST, {**listed, "pageSize": "", "currentPage": ""}))
    works("null for a number", ask(LIST, {**listed, "pageSize": None}))
    works("a whole number written as a float", ask(LIST, {**listed, "pageSize": 3.0, "currentPage": 1.0}))
    fails("a word for a number", ask(LIST, {**listed, "pageSize": "many"}), 200, 80003)
    fails("a huge number", ask(LIST, b'{"clusterId":"c","pageSize":99999999999999999999}'), 200, 80003)
    fails("a number for a job id", ask(PROGRESS, {"jobId": 4_611_686_018_427_387_904_000, **CLUSTER}), 200, 90144)


def fields():
    name = collection("odd")
    everything = {
        "collectionName": name, "dbName": "", "partitionName": "", "files": None, "objectUrl": "", "objectUrls": files("json"),
        "clusterId": "", "projectId": "", "regionId": "", "accessKey": "", "secretKey": "", "token": "",
        "volumeName": "", "dataPaths": None, "options": {}, "somethingNew": {"deep": [1, 2]},
    }
    created = ask(CREATE, everything)
    works("every field, most of them empty, and one nobody knows", created)
    done = eventually(lambda: post(PROGRESS, {"jobId": created[2]["data"]["jobId"]})[1]["data"], over)
    check("odd: that job completes", done["state"] == "Completed" and count(name) == ROWS, done)
    works("options null", ask(CREATE, {"collectionName": name, "files": files("json"), "options": None}))
    works("options that nobody knows", ask(CREATE, {"collectionName": name, "files": files("json"), "options": {"x": "y"}}))
    works("dbName default", ask(CREATE, {"collectionName": name, "files": files("json"), "dbName": "default"}))
    nested = [[["/a.json"]]]
    fails("lists nested too deep", ask(CREATE, {"collectionName": name, "objectUrls": nested}), 200)
    fails("a path that is a number", ask(CREATE, {"collectionName": name, "files": [[7]]}), 200)
    fails("paths that are an object", ask(CREATE, {"collectionName": name, "files": {"a": 1}}), 200)
    fails("two Parquet files in one list", ask(CREATE, {"collectionName": name, "files": [["a.parquet", "b.parquet"]]}), 200, 2100)
    fails("a collection's name that is a list", ask(CREATE, {"collectionName": [name], "files": files("json")}), 200)


def bodies():
    listed = json.dumps(CLUSTER).encode()
    kind = "Content-Type: application/json"
    works("charset in the content type", ask(LIST, listed, "Content-Type: application/json; charset=UTF-8"))
    works("content type in capitals", ask(LIST, listed, "CONTENT-TYPE: Application/JSON"))
    works("a byte order mark before the body", ask(LIST, b"\xef\xbb\xbf" + listed, kind))
    works("a chunked body", ask(LIST, b"%x\r\n%s\r\n0\r\n\r\n" % (len(listed), listed), kind, "Transfer-Encoding: chunked"))
    works("a gzip body", ask(LIST, gzip.compress(listed), kind, "Content-Encoding: gzip"))
    works("gzip is accepted", ask(LIST, listed, kind, "Accept-Encoding: gzip, deflate, br"))
    works("an odd Accept", ask(LIST, listed, kind, "Accept: text/html"))
    works("Expect: 100-continue", expect(listed))
    works("an empty body", ask(LIST, b"", kind))
    works("blanks around the body", ask(LIST, b"\r\n " + listed + b"\n", kind))
    fails("half an object", ask(LIST, b'{"clusterId":', kind), 200, 1801)
    fails("a list for an object", ask(LIST, b"[]", kind), 200, 1801)
    fails("bytes that are no text", ask(LIST, b'{"a":"\xff\xfe"}', kind), 200, 1801)
    fails("deep nesting", ask(LIST, b"[" * 100_000, kind), 200, 1801)
    fails("a gzip body that is none", ask(LIST, listed, kind, "Content-Encoding: gzip"), 400)
    fails("an encoding nobody knows", ask(LIST, listed, kind, "Content-Encoding: zstd"), 415)
    bomb = gzip.compress(b" " * (64 << 20))
    fails("a gzip body that grows large", ask(LIST, bomb, kind, "Content-Encoding: gzip"), 413)
    fails("a body that is announced large", large(), 413)


def expect(body):
    """Sends a body like curl sends large ones: waits for `100 Continue`, sends the body, and waits for the answer."""
    wire = Wire()
    head = f"POST {LIST} HTTP/1.1\r\nHost: {wire.host}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
    wire.socket.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    line = wire.file.readline()
    wire.file.readline()
    if b"100" not in line:
        return 0, {}, line
    wire.socket.sendall(body)
    return wire.answer()


def large():
    wire = Wire()
    head = f"POST {LIST} HTTP/1.1\r\nHost: {wire.host}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
    wire.socket.sendall(f"{head}Content-Length: 99999999999\r\n\r\n".encode())
    return wire.answer()


def paths():
    listed = json.dumps(CLUSTER).encode()
    kind = ["Content-Type: application/json"]
    works("a slash at the end", ask(LIST + "/", listed, *kind))
    works("two slashes", ask("/" + LIST, listed, *kind))
    works("a percent-encoded path", ask(LIST.replace("import", "im%70ort"), listed, *kind))
    works("a query behind the path", ask(LIST + "?x=1", listed, *kind))
    works("an absolute request target", ask(URL + LIST, listed, *kind))
    get = Wire().send("GET", "/v1/vector/collections/import/list/?clusterId=c&pageSize=5&currentPage=1")
    check("odd: v1 with a slash at the end", get[0] == 200 and code(get) == 200, get)
    get = Wire().send("GET", "/v1/vector/collections/import/get?clusterId=c&jobId=job%2Dnone")
    check("odd: v1 with a percent-encoded query", code(get) == 90144 and "job-none" in get[2]["message"], get)
    fails("an unknown path", ask("/v2/vectordb/nothing", listed, *kind), 404, 404)
    fails("an unknown path that climbs", ask("/v2/../../etc/passwd", listed, *kind), 404, 404)
    fails("a wrong method", Wire().send("DELETE", LIST), 405, 405)


def connections():
    listed = json.dumps(CLUSTER).encode()
    kind = ["Content-Type: application/json"]
    wire = Wire()
    for no in range(3):
        works(f"one connection, request {no + 1}", wire.send("POST", LIST, listed, kind))
    wire = Wire()
    for no in range(2):
        answer = wire.send("POST", LIST, listed, [*kind, "Connection: keep-alive"], version="1.0")
        works(f"HTTP/1.0 with keep-alive, request {no + 1}", answer)
    works("HTTP/1.0", Wire().send("POST", LIST, listed, kind, version="1.0"))
    wire = Wire()
    request = (
        f"POST {LIST} HTTP/1.1\r\nHost: {wire.host}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(listed)}\r\n\r\n"
    ).encode() + listed
    wire.socket.sendall(request * 3)
    answers = [wire.answer() for _ in range(3)]
    check("odd: three requests sent at once", all(code(each) == 0 for each in answers), answers)


def endings():
    listed = json.dumps(CLUSTER).encode()
    kind = ["Content-Type: application/json"]

    class Done(Wire):
        def answer(self):
            self.socket.shutdown(socket.SHUT_WR)
            return super().answer()

    answers = [Done().send("POST", LIST, listed, kind) for _ in range(20)]
    check("odd: twenty clients that half-close", all(each[0] == 200 and code(each) == 0 for each in answers), answers)
    fails("a large body that is sent to its end", Wire().send("POST", LIST, b" " * (16 << 20), kind), 413)
    fails("a chunk that is none", Wire().send("POST", LIST, b"zz\r\n", [*kind, "Transfer-Encoding: chunked"]), 400)


def keys():
    listed = json.dumps(CLUSTER).encode()
    kind = ["Content-Type: application/json"]
    fails("a wrong key", Wire().send("POST", LIST, listed, kind, key="wrong"), 401, 1800)
    fails("an empty key", Wire().send("POST", LIST, listed, kind, key=""), 401, 1800)
    name = collection("odd")
    body = json.dumps({"collectionName": name, "files": files("json")}).encode()
    once = [Wire().send("POST", CREATE, body, [*kind, "Idempotency-Key: k 1"])[2]["data"]["jobId"] for _ in range(2)]
    check("odd: a repeat under one Idempotency-Key is one job", once[0] == once[1], once)
    fails("a key too long", Wire().send("POST", CREATE, body, [*kind, "Idempotency-Key: " + "k" * 300]), 200)


for part in (numbers, fields, bodies, paths, connections, endings, keys):
    section(part)
