#!/usr/bin/env python3
"""Tandem beside its peers, in one run. See bench/README.md."""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402
import botocore.config  # noqa: E402

from bench import figures, peers  # noqa: E402
from tests.support.client import call  # noqa: E402
from tests.support.waiting import wait_for  # noqa: E402
from tests.support.world import World  # noqa: E402

CONNECTIONS = 16


def make_table(endpoint, replica=None, units=None):
    table = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=endpoint,
                         aws_access_key_id="AKIDBENCH", aws_secret_access_key="secret",
                         config=botocore.config.Config(retries={"max_attempts": 3}))
    table_settings = {"BillingMode": "PAY_PER_REQUEST"}
    if units is not None:
        table_settings = {"ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}
    if replica is not None:
        table_settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table.create_table(**table_settings, TableName="bench",
                       AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                       KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    wait_for(lambda: table.describe_table(TableName="bench")["Table"]["TableStatus"] == "ACTIVE",
             what="the table")
    if replica is None:
        return
    table.update_table(TableName="bench", ReplicaUpdates=[{"Create": {"RegionName": replica}}])
    wait_for(lambda: [each["ReplicaStatus"] for each in table.describe_table(TableName="bench")
                      ["Table"].get("Replicas", [])] == ["ACTIVE"], what="the replica")


def wrk(url, seconds, *words, **environment):
    """(requests a second, p50 ms, p99 ms). Refuses a run with error answers."""
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *words, url],
                          capture_output=True, text=True, env={**os.environ, **environment},
                          timeout=seconds + 60, check=True)
    return figures.wrk(done.stdout)


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
            print(f"  {operation:<8} {name:<25} {median:>9.0f}/s{ratio}", flush=True)


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


def lag_buckets(endpoint, peer):
    """{upper bound in ms: writes acknowledged by the peer within it}."""
    text = urllib.request.urlopen(endpoint + "/_tandem/metrics").read().decode()
    found = re.findall(rf'tandem_replication_lag_seconds_bucket{{peer="{peer}",le="(.+)"}} (\d+)', text)
    return {float(bound) * 1000: int(count) for bound, count in found}


def bench_lag(seconds):
    """Writes at about 5,000 a second in one region; how long until the other has them."""
    world = World()
    try:
        world.start()
        endpoint = world.region_endpoint("us-east-1")
        make_table(endpoint, "us-west-2")
        before = lag_buckets(endpoint, "us-west-2")
        rate, _, _ = wrk(endpoint + "/", seconds, "-s", str(ROOT / "bench/dynamodb.lua"),
                         OPERATION="PutItem", PAUSE_MS="3")
        wait_for(lambda: 'pending_entries{peer="us-west-2"} 0\n' in urllib.request.urlopen(
            endpoint + "/_tandem/metrics").read().decode(), what="an empty log")
        counts = {bound: count - before[bound]
                  for bound, count in lag_buckets(endpoint, "us-west-2").items()}
    finally:
        world.close()
    total = max(counts.values())
    bound = min(bound for bound, count in counts.items() if count >= 0.99 * total)
    print(f"  {total} writes at {rate:.0f}/s: 99 % acknowledged by the other region within "
          f"{bound:.0f} ms; " + ", ".join(f"{100 * count / total:.2f} % <= {limit:.0f} ms"
                                         for limit, count in counts.items() if limit <= 50))


# EDNS client subnet (RFC 7871) of 198.18.54.0/24, as dnsperf takes an option: code, value.
FROM_GERMANY = ("-E", "8:00011800c61236")


def dnsperf(address, port, name, seconds, *more):
    """(answers a second, queries lost, queries sent)."""
    queries = peers.PEERS / "queries"
    queries.write_text(f"{name} A\n")
    return figures.dnsperf(subprocess.run(
        ["dnsperf", "-s", address, "-p", str(port), "-d", str(queries), "-l", str(seconds), "-c", "16",
         "-q", "200", *more], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout)


def make_latency_name(world, name):
    """A name in the application's zone whose records are chosen by the client's subnet."""
    route53 = world.client("route53")
    zone = route53.list_hosted_zones_by_name(DNSName=name.split(".", 1)[1])["HostedZones"][0]["Id"]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": "UPSERT", "ResourceRecordSet": {
            "Name": name, "Type": "A", "TTL": 60, "SetIdentifier": region, "Region": region,
            "ResourceRecords": [{"Value": world.addresses[region]}]}} for region in world.weights]})


def race_dns(what, contestants, seconds, rounds, *more):
    """contestants: by name, (address, port, name asked for)."""
    runs = {each: [] for each in contestants}
    for _ in range(rounds):
        for each, (address, port, name) in contestants.items():
            runs[each].append(dnsperf(address, port, name, seconds, *more))
    medians = {each: statistics.median(rate for rate, _, _ in values) for each, values in runs.items()}
    for each, median in medians.items():
        ratio = "" if each == "tandem" else f"   tandem is {medians['tandem'] / median:.2f}x"
        lost, sent = (sum(run[index] for run in runs[each]) for index in (1, 2))
        losses = f"   {lost} of {sent} queries lost" if lost else ""
        print(f"  {what} {each:<15} {median:>8.0f}/s{ratio}{losses}", flush=True)


def bench_dns(world, seconds, rounds):
    """The weighted name, after the application is up; and one by latency, asked for with a client's subnet."""
    weighted, latency = "todos.tandem.test", "latency.tandem.test"
    make_latency_name(world, latency)
    here = (world.addresses["global"], world.ports["dns"])
    gdnsd = peers.start_gdnsd("tandem.test", [world.addresses[region] for region in world.weights])
    by_weight, by_place = {"tandem": (*here, weighted)}, {"tandem": (*here, latency)}
    if gdnsd is None:
        print("  gdnsd: not to be had here; left out")
    else:
        by_weight["gdnsd"] = ("127.0.0.1", gdnsd[1], weighted)
        by_place["gdnsd"] = ("127.0.0.1", gdnsd[1], latency)
    by_place["tandem weighted"] = (*here, weighted)
    try:
        race_dns("weighted A record", by_weight, seconds, rounds)
        race_dns("latency A record ", by_place, seconds, rounds, *FROM_GERMANY)
    finally:
        if gdnsd is not None:
            gdnsd[0].kill()
            gdnsd[0].wait()


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
    peers.PEERS.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {CONNECTIONS} connections, median of {rounds} rounds of {seconds} s")
    print("start-up and memory")
    bench_start(1 if quick else 5)
    print("replication")
    bench_lag(seconds)
    print("DynamoDB, one region")
    world = World(template=ROOT / "sample-app/template.yaml", artifact=ROOT / "build/release/todo-app.zip")
    enforcing = World(extra="capacity: enforce\n", application=False)
    started = {"dynalite": peers.start_dynalite(), "DynamoDB Local": peers.start_dynamodb_local()}
    try:
        world.start()
        enforced = "tandem, capacity enforced"
        contestants = {"tandem": world.region_endpoint("us-east-1"),
                       enforced: enforcing.start().region_endpoint("us-east-1")}
        for name, peer in started.items():
            if peer is None:
                print(f"  {name}: not to be had here (npm, Java); left out")
            else:
                contestants[name] = peer[1]
        for name, endpoint in contestants.items():
            make_table(endpoint, units=40_000 if name == enforced else None)
        compare_dynamodb(contestants, seconds, rounds)
        enforcing.close()
        stop(started)
        print("the application")
        bench_todo(world, seconds, rounds)
        print("DNS")
        bench_dns(world, seconds, rounds)
    finally:
        stop(started)
        enforcing.close()
        world.close()


def stop(started):
    for peer in started.values():
        if peer is not None:
            peer[0].kill()
            peer[0].wait()


if __name__ == "__main__":
    main()
