"""A Git server of one's own over HTTP: bare repositories behind git's own http-backend(1), which it lets
nobody ask without the token, as GitHub does for private ones."""
import base64
import http.server
import os
import pathlib
import subprocess
import threading

BACKEND = "/usr/lib/git-core/git-http-backend"


def git(*words, cwd=None):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
                   "GIT_AUTHOR_NAME": "Ada L", "GIT_AUTHOR_EMAIL": "ada@example.org",
                   "GIT_COMMITTER_NAME": "Ada L", "GIT_COMMITTER_EMAIL": "ada@example.org"}
    done = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=cwd, env=environment,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class Repository:
    """A bare repository of the server, and a working copy to commit from."""

    def __init__(self, folder, owner, name):
        self.full_name = f"{owner}/{name}"
        self.bare = folder / "served" / owner / f"{name}.git"
        self.work = folder / "work" / name
        self.bare.parent.mkdir(parents=True, exist_ok=True)
        git("init", "-q", "--bare", "-b", "main", str(self.bare))
        git("init", "-q", "-b", "main", str(self.work))

    def commit(self, message, files):
        """{path: text} on top of what there is. Returns the commit's id."""
        for path, text in files.items():
            target = self.work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        git("add", "-A", cwd=self.work)
        git("commit", "-q", "-m", message, cwd=self.work)
        git("push", "-q", str(self.bare), "main", cwd=self.work)
        return git("rev-parse", "HEAD", cwd=self.work)


class GitServer:
    """url is what git.host of tandem.yaml takes. requests is (path, whether it had the token) of each."""

    def __init__(self, folder, token):
        self.folder, self.token, self.requests = pathlib.Path(folder), token, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def refuse(self):
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="repositories"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = self.chunks()
                allowed = server.allows(self.headers.get("Authorization", ""))
                server.requests.append((self.path, allowed))
                if not allowed:
                    self.refuse()
                    return
                self.backend(body)

            do_GET = do_POST = answer

            def chunks(self):
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def backend(self, body):
                path, _, query = self.path.partition("?")
                done = subprocess.run(
                    [BACKEND], input=body, capture_output=True, timeout=60,
                    env={"GIT_PROJECT_ROOT": str(server.folder / "served"), "GIT_HTTP_EXPORT_ALL": "1",
                         "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                         "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                         "CONTENT_LENGTH": str(len(body)),
                         "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                         "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                         "REMOTE_USER": "x", "REMOTE_ADDR": "127.0.0.1", "PATH": os.environ["PATH"],
                         "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                         "GIT_CONFIG_VALUE_0": "*"})
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                status, fields = 200, []
                for line in head.decode().split("\r\n"):
                    name, _, value = line.partition(": ")
                    if name == "Status":
                        status = int(value.split()[0])
                    elif name:
                        fields.append((name, value))
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def allows(self, authorization):
        """By the token as the password, whoever the user is."""
        kind, _, value = authorization.partition(" ")
        if kind != "Basic":
            return False
        try:
            return base64.b64decode(value).decode().partition(":")[2] == self.token
        except ValueError:
            return False

    def repository(self, owner, name):
        return Repository(self.folder, owner, name)

    def close(self):
        self.http.shutdown()
        self.http.server_close()
