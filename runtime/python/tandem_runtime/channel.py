"""The Runtime API (2018-06-01), over one connection that is kept. On a bare socket: the module http.client would
double what a cold start takes, and whoever patches it in a function must not reach this."""
import socket

_PREFIX = "/2018-06-01/runtime/"
_HEAD_END = b"\r\n\r\n"


class Headers(dict):
    """By names without regard to case."""

    def get(self, name, fallback=None):
        return super().get(name.lower(), fallback)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())


class Channel:
    def __init__(self, address):
        self._address = address
        self._socket = None
        self._rest = b""

    def _read(self):
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the Runtime API closed the connection")
        return piece

    def _answer(self):
        data = self._rest
        while _HEAD_END not in data:
            data += self._read()
        head, _, body = data.partition(_HEAD_END)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = Headers()
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        pieces, missing = [body], int(headers.get("Content-Length", "0")) - len(body)
        while missing > 0:
            pieces.append(self._read())
            missing -= len(pieces[-1])
        data = b"".join(pieces)
        size = int(headers.get("Content-Length", "0"))
        self._rest = data[size:]
        return int(status.split(" ")[1]), headers, data[:size]

    def _send(self, method, path, body=b"", headers=()):
        if self._socket is None:
            host, _, port = self._address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = ["%s %s%s HTTP/1.1" % (method, _PREFIX, path), "Host: " + self._address]
        lines += ["%s: %s" % each for each in headers]
        if method == "POST":
            lines.append("Content-Length: %d" % len(body))
        self._socket.sendall("\r\n".join(lines).encode("latin-1") + _HEAD_END + body)
        return self._answer()

    def next(self):
        status, headers, body = self._send("GET", "invocation/next")
        if status != 200:
            raise RuntimeError("the Runtime API gave no work: %d %r" % (status, body))
        return headers, body

    def respond(self, request_id, body, content_type):
        self._send("POST", "invocation/%s/response" % request_id, body, [("Content-Type", content_type)])

    def fail_invocation(self, request_id, error_type, body):
        self._send("POST", "invocation/%s/error" % request_id, body, _error_headers(error_type))

    def fail_init(self, error_type, body):
        self._send("POST", "init/error", body, _error_headers(error_type))


def _error_headers(error_type):
    name = error_type.encode("ascii", "replace").decode()
    return [("Content-Type", "application/json"), ("Lambda-Runtime-Function-Error-Type", name)]
