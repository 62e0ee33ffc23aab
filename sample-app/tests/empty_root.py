#!/usr/bin/python3
"""The package runs in a root that holds nothing but the package: no libraries, no /etc, no /proc.

Usage: empty_root.py todo-app.zip

Starts the zip's bootstrap under bubblewrap with the zip at /var/task and nothing else, against a
tiny Runtime API and a tiny DynamoDB, and checks its answers. Also checks that packing is
deterministic as far as one file can show it: every entry has the fixed date.
"""
import http.server
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import zipfile

EVENTS = [
    {"httpMethod": "OPTIONS", "resource": "/todos", "body": None},
    {"httpMethod": "GET", "resource": "/todos/health", "body": None},
    {"httpMethod": "GET", "resource": "/todos/{id}", "pathParameters": {"id": "a"}, "body": None},
    {"httpMethod": "POST", "resource": "/todos", "body": "{\"text\":\"x\"}"},
]


class Server(http.server.BaseHTTPRequestHandler):
    """Both services on one port: the Runtime API by path, DynamoDB by POST /."""
    protocol_version = "HTTP/1.1"
    events = queue.Queue()
    answers = queue.Queue()
    calls = []

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        number, event = self.events.get()
        self.answer(200, json.dumps(event).encode(),
                    [("Lambda-Runtime-Aws-Request-Id", f"id-{number}"),
                     ("Lambda-Runtime-Deadline-Ms", "9999999999999")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/2018-06-01/runtime/"):
            self.answer(202, b"{}")
            self.answers.put((self.path, body))
            return
        self.calls.append((self.headers["X-Amz-Target"], self.headers["Authorization"], body))
        item = {"id": {"S": "a"}, "text": {"S": "hello"}, "checked": {"BOOL": True},
                "createdAt": {"N": "1"}, "updatedAt": {"N": "2"}}
        result = {"Item": item} if json.loads(body).get("Key") == {"id": {"S": "a"}} else {}
        self.answer(200, json.dumps(result).encode())

    def log_message(self, *_):
        pass


def run(folder, address):
    environment = {
        "AWS_LAMBDA_RUNTIME_API": address, "AWS_REGION": "us-east-1", "TABLE_NAME": "todos",
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": f"http://{address}",
        "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/task/lib"}
    command = ["bwrap", "--unshare-user", "--unshare-pid", "--die-with-parent",
               "--ro-bind", folder, "/var/task", "--chdir", "/var/task", "--clearenv"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return subprocess.Popen(command + ["/var/task/bootstrap"], stdin=subprocess.DEVNULL)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(sys.argv[1]) as archive:
            for entry in archive.infolist():
                assert entry.date_time == (1980, 1, 1, 0, 0, 0), entry
                os.chmod(archive.extract(entry, folder), entry.external_attr >> 16 & 0o777)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        process = run(folder, f"127.0.0.1:{server.server_address[1]}")
        try:
            results = []
            for number, event in enumerate(EVENTS):
                Server.events.put((number, event))
                path, body = Server.answers.get(timeout=20)
                assert path == f"/2018-06-01/runtime/invocation/id-{number}/response", path
                results.append(json.loads(body))
        finally:
            process.kill()
            process.wait()
    assert [result["statusCode"] for result in results] == [204, 200, 200, 201], results
    assert all(result["headers"]["x-region"] == "us-east-1" for result in results), results
    assert json.loads(results[2]["body"]) == {"id": "a", "text": "hello", "checked": True,
                                              "createdAt": 1, "updatedAt": 2}
    targets = [call[0] for call in Server.calls]
    assert targets == ["DynamoDB_20120810.GetItem", "DynamoDB_20120810.GetItem",
                       "DynamoDB_20120810.PutItem"], targets
    assert json.loads(Server.calls[0][2])["ConsistentRead"] is True
    assert all("Credential=ASIAEXAMPLE/" in call[1] for call in Server.calls)


if __name__ == "__main__":
    main()
