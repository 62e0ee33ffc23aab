"""Where Lambda's packages are downloaded: by whom, after which deaths, and what is left of them on disk.

    DOWNLOAD_KILLS=50 DOWNLOAD_KILLS_SEED=…   more rounds, and those of another run

Source: Lambda API reference, GetFunction: a link "that's valid for 10 minutes"."""
import base64
import hashlib
import json
import os
import random
import stat
import urllib.request

from tests.sdk.apigateway_helpers import zip_of
from tests.sdk.lambda_helpers import create
from tests.support.roles import role_of
from tests.support.until_the_crash import UntilTheCrash
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

ROUNDS = int(os.environ.get("DOWNLOAD_KILLS", "4"))
HOME, OTHER = REGIONS
# Downloads what it is told to, says what came.
FETCHER = b"""#!/usr/bin/python3
import hashlib, json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as asked:
        url, request = json.load(asked), asked.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        said = hashlib.sha256(urllib.request.urlopen(url).read()).hexdigest()
    except Exception as error:
        said = str(error)
    urllib.request.urlopen(api + request + "/response", json.dumps(said).encode()).read()
"""


def location(client, name, **more):
    return client.get_function(FunctionName=name, **more)["Code"]["Location"]


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def code_folder(world, region=HOME):
    return world.folder / ".tandem" / region / "lambda/code"


def test_from_everywhere(world):
    """This machine, `exec`, and functions of either region."""
    client = world.client("lambda", HOME, world.region_endpoint(HOME))
    package = zip_of({"bootstrap": FETCHER.decode()})
    name = create(client, role_of(world, "lambda"), Code={"ZipFile": package})
    far = world.client("lambda", OTHER, world.region_endpoint(OTHER))
    elsewhere = create(far, role_of(world, "lambda"), Code={"ZipFile": package})
    try:
        url = location(client, name)
        assert fetch(url) == package
        digest = hashlib.sha256(package).hexdigest()
        for caller, function in ((client, name), (far, elsewhere)):
            answer = caller.invoke(FunctionName=function, Payload=json.dumps(url))
            assert json.load(answer["Payload"]) == digest
        ask = f"aws lambda get-function --region {HOME} --function-name {name} --query Code.Location --output text"
        printed = world.tandem("exec", "--", "sh", "-c", f'curl -sSf "$({ask})" | sha256sum').stdout
        assert printed.split()[0] == digest
        # The name that AWS has for the bucket leads there as well, but the URL's signature is for its own host.
        bucket = f"awslambda-{HOME}-tasks"
        printed = world.tandem("exec", "--", "curl", "-sS", f"https://{bucket}.s3.{HOME}.amazonaws.com/").stdout
        assert "<Code>AccessDenied</Code>" in printed
        assert "X-Amz-Signature" not in "".join(
            log.read_text(errors="replace") for log in world.folder.glob(".tandem/*/log"))
    finally:
        client.delete_function(FunctionName=name)
        far.delete_function(FunctionName=elsewhere)
    for region in REGIONS:
        wait_for(lambda region=region: not list(code_folder(world, region).iterdir()), what="the end of the instances")


class Change(UntilTheCrash):
    """Gives functions of its own new packages, and deletes some, until the region is gone."""

    def __init__(self, client, role, name, seed):
        super().__init__()
        self.client, self.role, self.name, self.choices = client, role, name, random.Random(seed)
        self.there, self.unsure = {}, set()

    def change(self):
        name = f"{self.name}-{self.choices.randrange(3)}"
        package = zip_of({"bootstrap": "#!/bin/sh\n", "filler": self.choices.randbytes(100_000).hex(),
                          "number": str(self.done)})
        self.unsure.add(name)
        if name not in self.there:
            create(self.client, self.role, name, Code={"ZipFile": package})
            self.there[name] = package
        elif self.choices.randrange(4) == 0:
            self.client.delete_function(FunctionName=name)
            del self.there[name]
        else:
            self.client.update_function_code(FunctionName=name, ZipFile=package)
            self.there[name] = package
        self.unsure.discard(name)


def check(world, changes):
    """What was acknowledged is given, whatever is there is whole, and nothing else is on the disk."""
    client = world.client("lambda", HOME, world.region_endpoint(HOME))
    listed = {each["FunctionName"]: each for page in client.get_paginator("list_functions").paginate()
              for each in page["Functions"]}
    for name, function in listed.items():
        came = fetch(location(client, name))
        assert base64.b64encode(hashlib.sha256(came).digest()).decode() == function["CodeSha256"]
    for change in changes:
        for name, package in change.there.items():
            if name not in change.unsure:
                assert fetch(location(client, name)) == package
    files = sorted(code_folder(world).iterdir())
    archives = [path for path in files if path.suffix == ".zip"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in archives)
    assert files == sorted([*archives, *(path.with_suffix("") for path in archives)])
    assert len(archives) == len(listed)
    return client, listed


def test_packages_survive_kills(world):
    seed = int(os.environ.get("DOWNLOAD_KILLS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    kept = create(world.client("lambda", HOME, world.region_endpoint(HOME)), role_of(world, "lambda"))
    url = location(world.client("lambda", HOME, world.region_endpoint(HOME)), kept)
    package = fetch(url)
    for number in range(ROUNDS):
        changes = [Change(world.client("lambda", HOME, world.region_endpoint(HOME)), role_of(world, "lambda"),
                          f"{number}-{n}", moments.randrange(2**32)) for n in range(2)]
        for change in changes:
            change.start()
        goal = moments.randint(1, 20)
        wait_for(lambda goal=goal, changes=changes: sum(one.done for one in changes) >= goal, what="changes")
        world.tandem("region", "kill", HOME)
        for change in changes:
            change.join()
        world.tandem("region", "start", HOME)
        # A URL outlives the process that gave it.
        assert fetch(url) == package
        client, listed = check(world, changes)
        for name in set(listed) - {kept}:
            client.delete_function(FunctionName=name)
    client.delete_function(FunctionName=kept)
    assert list(code_folder(world).iterdir()) == []
