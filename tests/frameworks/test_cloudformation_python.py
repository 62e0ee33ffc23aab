"""A Python service with a layer, an alias and an authorizer, by Debian's `aws cloudformation package` and
`deploy`. Sources: the CLI's pages of the two commands, "Use API Gateway Lambda authorizers", "Lambda function
aliases", "Working with layers for Python Lambda functions"."""
import json
import shutil
import subprocess

import pytest

from tests.frameworks.conftest import HERE, OTHER, REGIONS
from tests.support.frameworks import request

TOKEN = "a-token-of-many-letters"


class Ledger:
    def __init__(self, world):
        self.world = world
        self.folder = world.folder / "ledger"
        shutil.copytree(HERE / "ledger", self.folder)

    def deploy(self, region):
        bucket = f"ledger-{region}"
        packaged = self.folder / f"packaged-{region}.yaml"
        if not packaged.exists():
            self.aws("s3", "mb", f"s3://{bucket}", region=region)
        self.aws("cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", bucket,
                 "--output-template-file", str(packaged), region=region)
        self.aws("cloudformation", "deploy", "--stack-name", "ledger", "--template-file", str(packaged),
                 "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", f"Token={TOKEN}", region=region)

    def aws(self, *words, region):
        """`package` asks S3 by name whatever --endpoint-url says, so that AWS's names have to lead here."""
        done = subprocess.run(
            [str(self.world.binary), "--file", str(self.world.folder / "tandem.yaml"), "exec", "--", "/usr/bin/aws",
             *words, "--region", region], cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"aws {' '.join(words)}: {done.stdout}{done.stderr}"

    def outputs(self, region):
        stack = self.world.client("cloudformation", region).describe_stacks(StackName="ledger")["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def request(self, region, method, path, body=None, token=TOKEN):
        host = f"{self.outputs(region)['ApiId']}.execute-api.{region}.amazonaws.com"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return request(self.world, region, host, method, f"/v1{path}", body, headers=headers)


@pytest.fixture(scope="module")
def ledger(world):
    ledger = Ledger(world)
    for region in REGIONS:
        ledger.deploy(region)
    return ledger


def test_it_serves_in_both_regions(ledger):
    for region in REGIONS:
        made = ledger.request(region, "POST", "/alice", {"amount": "12.50"})
        assert (made.status, made.json["by"]) == (201, "teller"), made.text
        assert made.headers["x-version"] == "1"  # the alias's
        ledger.request(region, "POST", "/alice", {"amount": "0.55"})
        assert ledger.request(region, "GET", "/alice").json == {"account": "alice", "total": "13.05"}
        assert ledger.request(region, "POST", "/alice", {"amount": "1.005"}).status == 400


def test_the_gate_keeps_out(ledger):
    # "Unauthorized" and the policy's denial are API Gateway's own answers; a broken authorizer is a 500.
    region = REGIONS[0]
    for token, status, body in ((None, 401, {"message": "Unauthorized"}),
                                ("no spaces!", 401, {"message": "Unauthorized"}),
                                ("wrong", 403, None), ("broken", 500, {"message": None})):
        refused = ledger.request(region, "GET", "/alice", token=token)
        assert refused.status == status, (token, refused.text)
        if body is not None:
            assert refused.json == body
    assert "not authorized" in refused_message(ledger.request(region, "GET", "/alice", token="wrong"))


def refused_message(answer):
    return next(iter(json.loads(answer.text).values()))


def test_a_new_layer_is_shipped(ledger):
    source = ledger.folder / "layer/python/amounts/__init__.py"
    source.write_text(source.read_text().replace('return f"{sum', 'return "EUR " + f"{sum'))
    before = ledger.outputs(OTHER)["Layer"]
    ledger.deploy(OTHER)
    assert ledger.outputs(OTHER)["Layer"] != before
    # The alias is at the version that was made with the old one, until it is moved.
    assert ledger.request(OTHER, "GET", "/alice").json["total"] == "13.05"
    functions = ledger.world.client("lambda", OTHER)
    name = ledger.outputs(OTHER)["Function"]
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    answer = ledger.request(OTHER, "GET", "/alice")
    assert (answer.json["total"], answer.headers["x-version"]) == ("EUR 13.05", version)
