"""HTTPS clients of the sample application."""
import dataclasses
import http.client
import json
import select
import socket
import ssl
import threading
import time

from tests.support.dns import Resolver
from tests.support.waiting import pace


class PinnedConnection(http.client.HTTPSConnection):
    """Connects to an address but speaks to (and verifies) a name."""

    def __init__(self, name, address, port, context, timeout=5):
        super().__init__(name, port, context=context, timeout=timeout)
        self._address = address

    def connect(self):
        raw = socket.create_connection((self._address, self.port), self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


def context_for(world):
    return ssl.create_default_context(cafile=world.ca)


def call(world, region, method, path, key=None, body=None, headers=None):
    """One request to one region's address by the common name. Returns (status, headers, body)."""
    connection = PinnedConnection("todos.tandem.test", world.addresses[region],
                                  world.ports["https"], context_for(world), timeout=35)
    try:
        fields = dict(headers or {})
        if key:
            fields["x-api-key"] = key
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection.request(method, path, body=body, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def has_ended(connection):
    """Of an idle connection, as pools of clients ask before they use it again."""
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


@dataclasses.dataclass
class Answer:
    sent: float          # time.monotonic()
    received: float
    status: int          # 0: none
    region: str
    item: dict | None


class Writer:
    """Creates todos at a steady rate through the name, on a few threads, until stopped."""

    def __init__(self, world, key, rate=200, threads=4, resolver=None):
        self.answers = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._world, self._key, self._rate = world, key, rate / threads
        self._context = context_for(world)
        self._resolver = resolver or Resolver("todos.tandem.test", world.addresses["global"],
                                  world.ports["dns"])
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.answers

    def snapshot(self):
        with self._lock:
            return list(self.answers)

    def _run(self, number):
        connections = {}
        start, index = time.monotonic(), 0
        while not self._stop.is_set():
            pace(start, index, self._rate)
            index += 1
            answer = self._write(connections, f"writer {number} item {index}")
            with self._lock:
                self.answers.append(answer)
        for connection in connections.values():
            connection.close()

    def _write(self, connections, text):
        sent = time.monotonic()
        address = None
        try:
            address = self._resolver.address()
            connection = connections.get(address)
            if connection is None or has_ended(connection):
                connection = connections[address] = PinnedConnection(
                    "todos.tandem.test", address, self._world.ports["https"], self._context)
            connection.request("POST", "/todos", body=json.dumps({"text": text}),
                               headers={"x-api-key": self._key})
            answer = connection.getresponse()
            body = answer.read()
            item = json.loads(body) if answer.status in (200, 201) else None
            return Answer(sent, time.monotonic(), answer.status,
                          answer.headers.get("x-region", ""), item)
        except (OSError, http.client.HTTPException) as failure:
            del failure
            if address in connections:
                connections.pop(address).close()
            return Answer(sent, time.monotonic(), 0, "", None)
