#!/usr/bin/env python3
"""Two builds of Tandem beside each other, in one run. See bench/README.md.

    bench/compare.py BEFORE [AFTER]

BEFORE and AFTER are tandem binaries; AFTER is build/tandem when it is not given.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.run import make_table, wrk  # noqa: E402
from tests.support.client import call  # noqa: E402
from tests.support.world import BINARY, World  # noqa: E402

REGION = "us-east-1"


def start_up(binary):
    """Milliseconds until three processes are ready, on fresh state."""
    world = World(binary=binary)
    try:
        return json.loads(world.tandem("up", "--no-deploy", "--output", "json").stdout)["readyMs"]
    finally:
        world.close()


def cold_start(client, name, count=10):
    """Milliseconds of an Invoke that has to start an instance; a changed configuration leaves no warm one."""
    times = []
    for turn in range(count):
        client.update_function_configuration(FunctionName=name, Description=f"turn {turn} {time.time()}")
        begin = time.perf_counter()
        answer = client.invoke(FunctionName=name, Payload=b"{}")
        times.append((time.perf_counter() - begin) * 1000)
        answer["Payload"].read()
        if answer["StatusCode"] != 200:
            raise SystemExit(f"Invoke answered {answer['StatusCode']}")
    return statistics.median(times)


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Contestant:
    """A world of one binary with the sample application, and what is measured in it."""

    def __init__(self, name, binary):
        self.name, self.binary = name, binary
        self.world = World(template=ROOT / "sample-app/template.yaml",
                           artifact=ROOT / "build/release/todo-app.zip", binary=binary)
        key = self.world.up()["apiKey"]
        self.endpoint = self.world.region_endpoint(REGION)
        processes = json.loads(self.world.tandem("status", "--output", "json").stdout)["processes"]
        self.pid = next(each["pid"] for each in processes if each["name"] == REGION)
        make_table(self.endpoint)
        made = json.loads(call(self.world, REGION, "POST", "/todos", key, {"text": "milk"})[2])
        self.url = f"https://{self.world.addresses[REGION]}:{self.world.ports['https']}/todos/{made['id']}"
        self.headers = ("-H", "Host: todos.tandem.test", "-H", f"x-api-key: {key}")
        self.functions = self.world.client("lambda", REGION, self.endpoint)
        self.function = self.functions.list_functions()["Functions"][0]["FunctionName"]

    def load(self, name, seconds, *words, **environment):
        """Requests a second, and what each cost the region's process; the latter is less disturbed by
        what else runs on the machine."""
        before = cpu_seconds(self.pid)
        rate = wrk(*words[:1], seconds, *words[1:], **environment)[0]
        spent = cpu_seconds(self.pid) - before
        return {f"{name} /s": rate, f"{name} CPU us": spent * 1e6 / (rate * seconds)}

    def figures(self, seconds):
        """{figure: value} of one round."""
        script = str(ROOT / "bench/dynamodb.lua")
        return {
            **self.load("PutItem", seconds, self.endpoint + "/", "-s", script, OPERATION="PutItem"),
            **self.load("GetItem", seconds, self.endpoint + "/", "-s", script, OPERATION="GetItem"),
            **self.load("GET todo", seconds, self.url, *self.headers),
            "cold start ms": cold_start(self.functions, self.function),
            "start-up ms": start_up(self.binary),
        }


def spread(values):
    """Median, and the lowest and highest value."""
    return f"{statistics.median(values):>10.1f}  ({min(values):.1f} to {max(values):.1f})"


def main():
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("before", type=pathlib.Path)
    arguments.add_argument("after", type=pathlib.Path, nargs="?", default=BINARY)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--seconds", type=int, default=2)
    given = arguments.parse_args()
    contestants = []
    measured = {"before": [], "after": []}
    try:
        for name in measured:
            contestants.append(Contestant(name, getattr(given, name).resolve()))
        for turn in range(given.rounds):
            for contestant in contestants[::1 if turn % 2 == 0 else -1]:
                measured[contestant.name].append(contestant.figures(given.seconds))
            print(f"round {turn + 1} of {given.rounds}", file=sys.stderr, flush=True)
    finally:
        for contestant in contestants:
            contestant.world.close()
    for figure in measured["before"][0]:
        values = {name: [each[figure] for each in rounds] for name, rounds in measured.items()}
        ratios = [after / before for before, after in zip(values["before"], values["after"])]
        print(f"{figure:<14} before {spread(values['before'])}   after {spread(values['after'])}"
              f"   after/before {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
