"""A machine for a test module: a network namespace with a card, and the world behind the card, which is
another. Import the fixture `machine`, which counts what leaves; `listener` is something on the machine's
loopback."""
import contextlib
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from tests.support.waiting import wait_for

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
# RFC 5737: addresses for documentation.
MACHINE, SECOND, GATEWAY, OUTSIDE = "198.51.100.2", "198.51.100.3", "198.51.100.1", "203.0.113.7"
WORLD_PORT = 7000

THE_WORLD = """
import json, socket, subprocess, sys, threading
print("here", flush=True)
sys.stdin.readline()
for words in ("link set lo up", "addr add 198.51.100.1/24 dev far", "link set far up",
              "addr add 203.0.113.7/32 dev lo"):
    subprocess.run(["ip", *words.split()], check=True)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("203.0.113.7", 53))
def answer_names():
    while True:
        query, peer = names.recvfrom(512)
        end = query.index(0, 12) + 5
        names.sendto(query[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + query[12:end] +
                     b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton("203.0.113.7"),
                     peer)
threading.Thread(target=answer_names, daemon=True).start()
# Every packet that comes out of the machine's card to anybody in particular, whoever that is.
card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
card.bind(("far", 0))
def write_down():
    record = open(sys.argv[1], "a", buffering=1)
    while True:
        frame, (_, kind, direction, *_) = card.recvfrom(65535)
        packet = frame[14:]
        if direction == socket.PACKET_OUTGOING or kind not in (0x0800, 0x86DD):
            continue
        four = kind == 0x0800
        to = socket.inet_ntop(*((socket.AF_INET, packet[16:20]) if four else (socket.AF_INET6, packet[24:40])))
        if to.startswith("ff"):
            continue
        protocol = packet[9] if four else packet[6]
        rest = packet[(packet[0] & 15) * 4 if four else 40:]
        port = int.from_bytes(rest[2:4], "big") if protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP) else 0
        labels, at = [], 8 + 12
        while protocol == socket.IPPROTO_UDP and port == 53 and rest[at]:
            labels.append(rest[at + 1:at + 1 + rest[at]].decode())
            at += 1 + rest[at]
        said = rest[8:].decode(errors="replace") if protocol == socket.IPPROTO_UDP and port == 9 else ""
        record.write(json.dumps([protocol, to, port, ".".join(labels).lower(), said]) + chr(10))
threading.Thread(target=write_down, daemon=True).start()
server = socket.create_server(("203.0.113.7", 7000))
print("ready", flush=True)
while True:
    connection, peer = server.accept()
    connection.recv(1000)
    connection.sendall(b"the world")
    connection.close()
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Machine:
    """What has left it, by the card."""

    def __init__(self, record):
        self.record = record
        self.marks = 0

    def left(self):
        """[protocol, address, port, name that DNS is asked for] of each packet until now."""
        self.marks += 1
        mark = f"mark {self.marks}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as discard:
            discard.sendto(mark.encode(), (OUTSIDE, 9))
        read = lambda: [json.loads(line) for line in self.record.read_text().splitlines()]
        wait_for(lambda: any(each[4] == mark for each in read()), what="the mark to be seen")
        return [each[:4] for each in read() if not each[4]]


@contextlib.contextmanager
def namespaces():
    """This thread, and the processes it starts, in a network and a view of files of their own."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = os.getcwd()
    before = {kind: os.open(path, os.O_RDONLY) for kind, path in
              ((CLONE_NEWNET, "/proc/thread-self/ns/net"), (CLONE_NEWNS, "/proc/thread-self/ns/mnt"))}
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        pytest.skip("no namespaces here: " + os.strerror(ctypes.get_errno()))
    try:
        if subprocess.run(["mount", "--make-rprivate", "/"]).returncode != 0:
            pytest.skip("no view of files of its own here")
        yield
    finally:
        for kind, descriptor in before.items():
            assert libc.setns(descriptor, kind) == 0, os.strerror(ctypes.get_errno())
            os.close(descriptor)
        os.chdir(folder)


@pytest.fixture(scope="module", autouse=True)
def machine(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("a machine with a network of its own is root's to make")
    for tool in ("ip", "mount", "unshare", "pasta"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing (packages iproute2, mount, util-linux, passt)")
    if not os.path.isdir("/dev/net"):
        pytest.skip("no /dev/net here: a container without tun")
    resolver = tmp_path_factory.mktemp("machine") / "resolv.conf"
    resolver.write_text(f"nameserver {OUTSIDE}\n")
    with namespaces():
        try:
            subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev/net"], check=True)
            os.mknod("/dev/net/tun", 0o020600, os.makedev(10, 200))
            ip("link", "set", "lo", "up")
            ip("link", "add", "card", "type", "veth", "peer", "name", "far")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no network of its own can be made here: {error}")
        record = resolver.with_name("left")
        world = subprocess.Popen(["unshare", "--net", sys.executable, "-c", THE_WORLD, record],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert world.stdout.readline() == "here\n"
            ip("link", "set", "far", "netns", str(world.pid))
            ip("addr", "add", f"{MACHINE}/24", "dev", "card")
            ip("addr", "add", f"{SECOND}/24", "dev", "card")
            ip("link", "set", "card", "up")
            ip("route", "add", "default", "via", GATEWAY)
            world.stdin.write("go\n")
            world.stdin.flush()
            assert world.stdout.readline() == "ready\n"
            yield Machine(record)
        finally:
            world.kill()
            world.wait()


@pytest.fixture(scope="module")
def listener():
    """Something of the machine's that trusts whoever gets there."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        yield server.getsockname()[1]
