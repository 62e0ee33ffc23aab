#!/usr/bin/env python3
"""Whether one large body disturbs others: health probes and memory while an object goes in and out of S3.

    bench/bodies.py [--mib 1024] [--each-ms 5]

An object is put to and got from one region, at the region's own address and at the unified endpoint, by
curl with a presigned URL. Meanwhile the region's and global's health is asked every few milliseconds. Beside
each, the control: the same bytes between curl and a process that is no part of Tandem, so that what the
machine does to a probe can be told from what Tandem does. Prints the probes' times, and the most memory each
process had above what it had before. TANDEM_BINARY says which binary (default: build/tandem)."""
import argparse
import http.client
import multiprocessing
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.processes import pid_of  # noqa: E402
from tests.support.waiting import pace  # noqa: E402
from tests.support.world import World  # noqa: E402

REGION = "us-east-1"


def probe(address, port, each_ms, stop, results):
    """Asks for the health on one connection until told to stop; sends how long each answer took, in ms."""
    connection = http.client.HTTPConnection(address, port, timeout=60)
    times = []
    start = time.monotonic()
    for index in range(1, 1_000_000):
        if stop.is_set():
            break
        begin = time.monotonic()
        connection.request("GET", "/_tandem/health")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        times.append((time.monotonic() - begin) * 1000)
        pace(start, index, 1000 / each_ms)
    results.send(times)


def sink(listener, size):
    """Takes one body and throws it away, then gives as much as another: curl's other end in the control."""
    piece = bytes(128 * 1024)
    for send in (False, True):
        connection, _ = listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        if send:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // len(piece)):
                connection.sendall(piece)
        else:
            left = size - len(head.split(b"\r\n\r\n", 1)[1])
            while left > 0:
                left -= len(connection.recv(len(piece)))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.close()


def memory_mb(pid, member):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(member + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(member)


class Watch:
    """Probes and memory of the two processes while something happens."""

    def __init__(self, world, each_ms):
        self.world, self.each_ms = world, each_ms
        self.pids = {name: pid_of(world, name) for name in (REGION, "global")}

    def __enter__(self):
        self.idle = {}
        for name, pid in self.pids.items():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak starts anew
            self.idle[name] = memory_mb(pid, "VmRSS")
        self.stop = multiprocessing.Event()
        self.probes = {}
        for name in self.pids:
            port = self.world.ports["http" if name == REGION else "endpoint"]
            mine, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=probe, args=(
                self.world.addresses[name], port, self.each_ms, self.stop, theirs))
            process.start()
            self.probes[name] = (process, mine)
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.times, self.grown = {}, {}
        for name, (process, mine) in self.probes.items():
            self.times[name] = sorted(mine.recv())
            process.join()
            self.grown[name] = memory_mb(self.pids[name], "VmHWM") - self.idle[name]

    def row(self, what, seconds):
        words = [f"{what:22} {seconds:5.1f} s"]
        for name, times in self.times.items():
            p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
            words.append(f"{name}: p50 {p50:5.2f} p99 {p99:6.2f} max {times[-1]:7.2f} ms, "
                         f"+{self.grown[name]:6.1f} MB ({len(times)} probes)")
        print("   ".join(words), flush=True)


def curl(*words):
    done = subprocess.run(["curl", "-sS", "--fail", "--noproxy", "*", "-o", "/dev/null", *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"curl {' '.join(words)}: {done.stderr}")


def measure(world, each_ms, what, *words):
    with Watch(world, each_ms) as watch:
        begin = time.monotonic()
        curl(*words)
        seconds = time.monotonic() - begin
    watch.row(what, seconds)


def control(world, each_ms, path, size):
    with socket.create_server((world.addresses["global"], 0)) as listener:
        url = "http://{}:{}/".format(*listener.getsockname())
        process = multiprocessing.Process(target=sink, args=(listener, size))
        process.start()
        measure(world, each_ms, "control: put", "-T", path, "-H", "Expect:", url)
        measure(world, each_ms, "control: get", url)
        process.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--each-ms", type=float, default=5)
    options = parser.parse_args()
    size = options.mib * 2**20
    world = World()
    try:
        world.start()
        with tempfile.NamedTemporaryFile(dir=world.folder) as source:
            source.truncate(size)
            control(world, options.each_ms, source.name, size)
            for where, endpoint in (("region", world.region_endpoint(REGION)),
                                    ("unified endpoint", world.endpoint)):
                s3 = world.client("s3", REGION, endpoint, signature_version="s3v4")
                bucket = where.replace(" ", "-")
                s3.create_bucket(Bucket=bucket)
                urls = {operation: s3.generate_presigned_url(operation, {"Bucket": bucket, "Key": "k"})
                        for operation in ("put_object", "get_object")}
                measure(world, options.each_ms, f"{where}: put", "-T", source.name, urls["put_object"])
                measure(world, options.each_ms, f"{where}: get", urls["get_object"])
    finally:
        world.close()


if __name__ == "__main__":
    main()
