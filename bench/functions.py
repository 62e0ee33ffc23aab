#!/usr/bin/env python3
"""Functions in C++, Node.js and Python behind API Gateway, beside serverless-offline with dynalite. See
bench/README.md."""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import peers  # noqa: E402
from bench.run import make_table, wrk  # noqa: E402
from tests.sdk.apigateway_helpers import zip_of  # noqa: E402
from tests.support.client import PinnedConnection, call, context_for  # noqa: E402
from tests.support.waiting import wait_for  # noqa: E402
from tests.support.world import World  # noqa: E402

REGION = "us-east-1"
SOURCES = ROOT / "bench/functions"
CROWD = 200
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


class Tandem:
    """The sample application, whose function is C++, and an API of two more functions beside it."""

    def __init__(self, modules):
        self.world = World(template=ROOT / "sample-app/template.yaml", artifact=ROOT / "build/release/todo-app.zip",
                           extra=f"functions: {{modules: {{nodejs: {modules}}}}}\n")
        self.key = self.world.up()["apiKey"]
        self.functions = self.world.client("lambda", REGION)
        make_table(self.world.region_endpoint(REGION))
        self.world.client("dynamodb", REGION).put_item(TableName="bench", Item=item())
        self.todo = json.loads(call(self.world, REGION, "POST", "/todos", self.key, {"text": "milk"})[2])["id"]
        self.names = {"C++": self.functions.list_functions()["Functions"][0]["FunctionName"]}
        self.host = f"{self.make_api()}.execute-api.{REGION}.amazonaws.com"

    def make_api(self):
        role = self.world.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        gateway = self.world.client("apigateway", REGION)
        api = gateway.create_rest_api(name="bench", endpointConfiguration={"types": ["REGIONAL"]})["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        for language, runtime, source in (("Node.js", "nodejs20.x", "handler.js"), ("Python", "python3.11", "handler.py")):
            name = self.names[language] = f"bench-{runtime.split('.')[0]}"
            arn = self.functions.create_function(
                FunctionName=name, Runtime=runtime, Role=role, Handler="handler.get", MemorySize=512, Timeout=20,
                Code={"ZipFile": zip_of({source: (SOURCES / source).read_text()})})["FunctionArn"]
            self.functions.add_permission(FunctionName=name, StatementId="api", Action="lambda:InvokeFunction",
                                          Principal="apigateway.amazonaws.com")
            parent = gateway.create_resource(restApiId=api, parentId=root, pathPart=language.lower())["id"]
            at = gateway.create_resource(restApiId=api, parentId=parent, pathPart="{id}")["id"]
            gateway.put_method(restApiId=api, resourceId=at, httpMethod="GET", authorizationType="NONE")
            gateway.put_integration(
                restApiId=api, resourceId=at, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
                uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations")
        gateway.create_deployment(restApiId=api, stageName="b")
        return api

    def target(self, language):
        """(URL, words for wrk)"""
        base = f"https://{self.world.addresses[REGION]}:{self.world.ports['https']}"
        if language == "C++":
            return f"{base}/todos/{self.todo}", ("-H", "Host: todos.tandem.test", "-H", f"x-api-key: {self.key}")
        return f"{base}/b/{language.lower()}/a", ("-H", f"Host: {self.host}")

    def get(self, language):
        url, words = self.target(language)
        host = words[1].removeprefix("Host: ")
        connection = PinnedConnection(host, self.world.addresses[REGION], self.world.ports["https"],
                                      context_for(self.world), timeout=60)
        headers = {"x-api-key": self.key} if language == "C++" else {}
        try:
            connection.request("GET", "/" + url.split("/", 3)[3], headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def make_cold(self, language):
        self.functions.update_function_configuration(FunctionName=self.names[language],
                                                     Description=f"cold {time.time()}")

    def resident(self, language):
        """MB of what is running for the function, as /proc says of the processes below its cell."""
        program = {"C++": "bootstrap", "Node.js": "node", "Python": "python3"}[language]
        sizes = []
        for status in pathlib.Path("/proc").glob("[0-9]*/smaps_rollup"):
            try:
                words = (status.parent / "cmdline").read_bytes().split(b"\0")
                inside = (status.parent / "cwd").readlink() == pathlib.Path("/var/task")
                if pathlib.Path(words[0].decode()).name == program and inside:
                    sizes.append(int(re.search(r"^Pss:\s+(\d+)", status.read_text(), re.M).group(1)) / 1024)
            except OSError:
                continue
        return sizes


def item():
    return {"id": {"S": "a"}, "text": {"S": "milk, bread and eggs, as every week"}, "done": {"BOOL": False}}


class Offline:
    """serverless-offline, its table in dynalite; None of both where npm does not give them."""

    def __init__(self, table_endpoint):
        self.folder = peers.PEERS / "offline"
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(SOURCES, self.folder, dirs_exist_ok=True)
        self.table_endpoint, self.process, self.port = table_endpoint, None, peers.free_port()

    def fetch(self):
        (self.folder / "package.json").write_text(json.dumps({"private": True, "dependencies": {
            "serverless": "3.40.0", "serverless-offline": "13.9.0", "aws-sdk": "2.1693.0"}}))
        if (self.folder / "node_modules/serverless-offline").is_dir():
            return True
        done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=self.folder,
                              capture_output=True, timeout=600)
        return done.returncode == 0

    def start(self):
        import os
        self.process = subprocess.Popen(
            ["node", "node_modules/.bin/serverless", "offline", "--httpPort", str(self.port),
             "--lambdaPort", str(peers.free_port()), "--noPrependStageInUrl", "--localEnvironment"], cwd=self.folder,
            env={**os.environ, "TABLE_ENDPOINT": self.table_endpoint, "AWS_ACCESS_KEY_ID": "AKIDBENCH",
                 "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": REGION, "SLS_TRACKING_DISABLED": "1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: peers.listening(self.port), timeout=90, what="serverless-offline")
        return f"http://127.0.0.1:{self.port}/items/a"

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()


def timed(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def cold_and_crowd(tandem, count):
    for language in tandem.names:
        times = []
        for _ in range(count):
            tandem.make_cold(language)
            times.append(timed(lambda language=language: tandem.get(language)))
        print(f"  cold {language:<8} median {statistics.median(times):7.1f} ms ({min(times):.1f} to {max(times):.1f})",
              flush=True)
        tandem.get(language)
        sizes = tandem.resident(language)
        if sizes:
            print(f"  idle instance {language:<8} {statistics.median(sizes):6.1f} MB (proportional share)")
        with concurrent.futures.ThreadPoolExecutor(CROWD) as crowd:
            begin = time.perf_counter()
            answers = list(crowd.map(lambda _, language=language: tandem.get(language), range(CROWD)))
            took = time.perf_counter() - begin
        print(f"  {CROWD} at once {language:<8} {took:6.2f} s, {answers.count(200)} answered 200", flush=True)


def warm(targets, seconds, rounds):
    runs = {name: [] for name in targets}
    for _ in range(rounds):
        for name, (url, words) in targets.items():
            runs[name].append(wrk(url, seconds, *words))
    medians = {}
    for name, values in runs.items():
        rates = [rate for rate, _, _ in values]
        medians[name] = statistics.median(rates)
        p50, p99 = (statistics.median(each[at] for each in values) for at in (1, 2))
        print(f"  warm {name:<28} {medians[name]:>8.0f}/s ({min(rates):.0f} to {max(rates):.0f})   "
              f"p50 {p50:.2f} ms   p99 {p99:.2f} ms", flush=True)
    peer = medians.get("serverless-offline, Node.js")
    if peer:
        print(f"  Node.js: tandem is {medians['tandem, Node.js'] / peer:.2f}x of serverless-offline")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="short rounds, rough figures")
    quick = arguments.parse_args().quick
    seconds, rounds = (2, 1) if quick else (4, 5)
    peers.PEERS.mkdir(parents=True, exist_ok=True)
    dynalite = peers.start_dynalite()
    offline = Offline(dynalite[1]) if dynalite else None
    if not offline or not offline.fetch():
        raise SystemExit("npm does not give dynalite, serverless-offline and aws-sdk: node, npm and its registry are needed")
    tandem = Tandem(offline.folder / "node_modules")
    try:
        make_table(dynalite[1])
        put_item(dynalite[1])
        targets = {f"tandem, {language}": tandem.target(language) for language in tandem.names}
        targets["serverless-offline, Node.js"] = (offline.start(), ())
        for url, words in targets.values():
            wrk(url, 1, *words)
        warm(targets, seconds, rounds)
        offline.stop()
        cold_and_crowd(tandem, 3 if quick else 10)
    finally:
        offline.stop()
        dynalite[0].kill()
        tandem.world.close()


def put_item(endpoint):
    import boto3
    boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint, aws_access_key_id="AKIDBENCH",
                 aws_secret_access_key="secret").put_item(TableName="bench", Item=item())


if __name__ == "__main__":
    main()
