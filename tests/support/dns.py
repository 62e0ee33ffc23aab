"""A stub resolver as small as can be (RFC 1035 §4), and a cache that honours TTLs."""
import random
import socket
import struct
import threading
import time


class DnsFailure(Exception):
    pass


def _skip_name(message, offset):
    while True:
        length = message[offset]
        if length == 0:
            return offset + 1
        if length & 0xC0:
            return offset + 2
        offset += 1 + length


def query_a(name, server, port, timeout=2.0):
    """[(address, ttl)] of an A query over UDP; the TTL is the least on a CNAME's way."""
    identity = random.randrange(65536)
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    packet = struct.pack(">6H", identity, 0x0100, 1, 0, 0, 0) + question + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(timeout)
        channel.sendto(packet, (server, port))
        answer = channel.recv(4096)
    got, flags, _, count, _, _ = struct.unpack(">6H", answer[:12])
    if got != identity or flags & 15:
        raise DnsFailure(f"{name}: id {got == identity}, code {flags & 15}")
    offset = _skip_name(answer, 12) + 4
    addresses, least = [], None
    for _ in range(count):
        offset = _skip_name(answer, offset)
        kind, _, ttl, length = struct.unpack(">HHIH", answer[offset:offset + 10])
        offset += 10
        least = ttl if least is None else min(least, ttl)
        if kind == 1:
            addresses.append(socket.inet_ntoa(answer[offset:offset + 4]))
        offset += length
    return [(address, least) for address in addresses]


class Resolver:
    """What a client behind a cache does: asks again only when the answer has run out."""

    def __init__(self, name, server, port):
        self.name, self.server, self.port = name, server, port
        self._lock = threading.Lock()
        self._address, self._expires = None, 0.0

    def address(self):
        with self._lock:
            if time.monotonic() >= self._expires:
                (address, ttl), *_ = query_a(self.name, self.server, self.port)
                self._address, self._expires = address, time.monotonic() + ttl
            return self._address
