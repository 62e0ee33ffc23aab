"""What clients of the application do: ask the zone's name servers, keep the answer for its TTL, call over HTTPS.

The zone's own servers are asked, not the machine's resolver, because a resolver's cache would make many
clients look like one. Nothing here knows where the regions run.
"""
import http.client
import json
import os
import random
import socket
import ssl
import struct
import threading
import time

PATIENCE_S = 3.0


def wait_until(condition, what, timeout=900, every=0.2):
    """The first true value of condition(); an error that names `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout} seconds")
        time.sleep(every)
    return value


def _after_name(message, offset):
    while message[offset]:
        if message[offset] & 0xC0:
            return offset + 2
        offset += 1 + message[offset]
    return offset + 1


def ask(name, server):
    """(address, TTL in seconds) of one A question to "HOST" or "HOST:PORT" (RFC 1035, section 4)."""
    host, _, port = server.partition(":")
    identity = random.randrange(65536)
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(PATIENCE_S)
        channel.connect((host, int(port or 53)))
        channel.send(struct.pack(">6H", identity, 0, 1, 0, 0, 0) + question + b"\0\0\1\0\1")
        answer = channel.recv(4096)
    got, flags, _, count, _, _ = struct.unpack_from(">6H", answer)
    offset = _after_name(answer, 12) + 4
    found = []
    for _ in range(count):
        offset = _after_name(answer, offset)
        kind, _, ttl, length = struct.unpack_from(">HHIH", answer, offset)
        if kind == 1:
            found.append((socket.inet_ntoa(answer[offset + 10:offset + 14]), ttl))
        offset += 10 + length
    if got != identity or flags & 15 or not found:
        raise LookupError(f"{name} has no address at {server}")
    return random.choice(found)


class _Pinned(http.client.HTTPSConnection):
    """Connects to an address; names, and verifies, the host."""

    def __init__(self, host, address, port, context):
        super().__init__(host, port, timeout=PATIENCE_S, context=context)
        self._address = address

    def connect(self):
        raw = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


class Application:
    """The application as its clients know it: a name, a port, the common key."""

    def __init__(self, host, server, key, port=443):
        self.host, self.server, self.key, self.port = host, server, key, port
        self._context = ssl.create_default_context()

    def call(self, method, path, body=None, address=None):
        """(status, answering region, body). Asks for an address when none is given."""
        connection = _Pinned(self.host, address or ask(self.host, self.server)[0], self.port,
                             self._context)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body),
                               headers={"x-api-key": self.key})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers.get("x-region"), json.loads(text) if text else None
        finally:
            connection.close()


class Traffic:
    """Clients that call GET `path` in turn, each as a browser would: it keeps an address for its TTL.

    calls: (seconds, region or None when nobody answered well); answers: (seconds, region) of DNS;
    marks: (seconds, text) of what was done meanwhile. Used with `with`.
    """

    def __init__(self, application, path, clients=48, calls_a_second=48, threads=6):
        self.calls, self.answers, self.marks = [], [], []
        self.clients = clients
        self._application, self._path = application, path
        self._cache = [(None, 0.0)] * clients
        self._region_of = {}
        self._begin = time.monotonic()
        self._every = threads / calls_a_second
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(range(n, clients, threads),))
                         for n in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def now(self):
        return time.monotonic() - self._begin

    def mark(self, text):
        self.marks.append((self.now(), text))

    def wait_for(self, *regions):
        """Until each client has called twice, and these regions, and no others, have answered."""
        since = self.now()

        def settled():
            recent = [region for when, region in self.calls[-2 * self.clients:] if when > since]
            return (len(recent) == 2 * self.clients and set(recent) == set(regions)
                    and min(recent.count(region) for region in regions) > self.clients / 2)
        wait_until(settled, f"answers from {' and '.join(regions)}")

    def _run(self, clients):
        while True:
            for client in clients:
                if self._end.wait(self._every):
                    return
                self._call(client)

    def _call(self, client):
        begin, region = self.now(), None
        try:
            address, expires = self._cache[client]
            if begin >= expires:
                address, ttl = ask(self._application.host, self._application.server)
                self._cache[client] = address, begin + ttl
                self.answers.append((begin, address))
            status, answered_by, _ = self._application.call("GET", self._path, address=address)
            if status == 200:
                region = self._region_of[address] = answered_by
        except (OSError, LookupError, http.client.HTTPException, ValueError):
            pass  # Nobody answered: what the picture is about.
        self.calls.append((begin, region))

    def last_answer(self, region, before):
        """When DNS last gave out the region's address before that second."""
        return max((when for when, address in self.answers
                    if when < before and self._region_of.get(address) == region), default=None)


def name_server(zone):
    """Tandem's own where `tandem env` names one, else the first of the hosted zone's."""
    return os.environ.get("TANDEM_DNS") or zone["DelegationSet"]["NameServers"][0]
