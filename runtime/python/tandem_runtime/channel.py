"""The Runtime API (2018-06-01), over one connection that is kept."""
import http.client

_PREFIX = "/2018-06-01/runtime/"


class Channel:
    def __init__(self, address):
        self._address = address
        self._connection = http.client.HTTPConnection(address)

    def _send(self, method, path, body=None, headers=None):
        try:
            self._connection.request(method, _PREFIX + path, body, headers or {})
            answer = self._connection.getresponse()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        return answer.status, answer.headers, answer.read()

    def next(self):
        status, headers, body = self._send("GET", "invocation/next")
        if status != 200:
            raise RuntimeError("the Runtime API gave no work: %d %r" % (status, body))
        return headers, body

    def respond(self, request_id, body, content_type):
        self._send("POST", "invocation/%s/response" % request_id, body, {"Content-Type": content_type})

    def fail_invocation(self, request_id, error_type, body):
        self._send("POST", "invocation/%s/error" % request_id, body, _error_headers(error_type))

    def fail_init(self, error_type, body):
        self._send("POST", "init/error", body, _error_headers(error_type))


def _error_headers(error_type):
    name = error_type.encode("ascii", "replace").decode()
    return {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": name}
