"""The notebook, top to bottom: from processes that have nothing, from what it left, and removing it all."""
import base64
import json
import os
import pathlib
import subprocess

import pytest

from conftest import sample_world
from tests.support import judges

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebook/two-region.ipynb"

# IPython runs what its profile has in startup/ before the first cell.
RECORDER = """\
import json
import botocore.client

def plain(value):
    return {"__bytes__": len(value)} if isinstance(value, (bytes, bytearray)) else str(value)

def recorded(client, operation, parameters, call=botocore.client.BaseClient._make_api_call):
    with open(%r, "a") as calls:
        calls.write(json.dumps([client.meta.service_model.service_name, operation, parameters], default=plain))
        calls.write(chr(10))
    return call(client, operation, parameters)

botocore.client.BaseClient._make_api_call = recorded
"""


def edited(text, **settings):
    """The notebook with other values in the cells that are there to be edited."""
    for name, value in settings.items():
        before = f"{name} = {value[0]}"
        assert text.count(json.dumps(before)[1:-1]) == 1, before
        text = text.replace(json.dumps(before)[1:-1], json.dumps(f"{name} = {value[1]}")[1:-1])
    return text


class Runs:
    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        for part in NOTEBOOK.parent.glob("*.py"):
            (folder / part.name).symlink_to(part)
        self._calls = folder / "calls"
        startup = folder / "ipython/profile_default/startup"
        startup.mkdir(parents=True)
        (startup / "record.py").write_text(RECORDER % str(self._calls))

    def calls(self):
        """[[service, operation, parameters], ...] of all that has been run, each once."""
        return [json.loads(line) for line in dict.fromkeys(self._calls.read_text().splitlines())]

    def run(self, name, variables=None, last_again=False, **settings):
        """Executes a copy as a user would, who knows nothing of AWS; the copy with its outputs."""
        copy = self.folder / f"{name}.ipynb"
        notebook = json.loads(edited(NOTEBOOK.read_text(), **settings))
        notebook["cells"] += [{**notebook["cells"][-1], "id": "again"}] if last_again else []
        copy.write_text(json.dumps(notebook))
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TANDEM_"))}
        environment.update(TANDEM_FILE=str(self.world.folder / "tandem.yaml"),
                           TANDEM_BINARY=str(self.world.binary), MPLBACKEND="Agg",
                           IPYTHONDIR=str(self.folder / "ipython"), **(variables or {}))
        done = subprocess.run(
            ["/usr/bin/jupyter-nbconvert", "--to", "notebook", "--execute", "--inplace", copy.name],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{done.stderr[-6000:]}\n{self.world.process_logs()}"
        return json.loads(copy.read_text())


def printed(notebook, heading):
    """What the code under a heading printed."""
    cells = notebook["cells"]
    at = next(n for n, cell in enumerate(cells) if "".join(cell["source"]).startswith(f"## {heading}"))
    return "".join("".join(output.get("text", "")) for output in cells[at + 1]["outputs"])


def images(notebook):
    return [base64.b64decode(output["data"]["image/png"]) for cell in notebook["cells"]
            for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


@pytest.fixture
def runs(tmp_path):
    world = sample_world(clock="30x")
    try:
        # Its root finds the template and the package from where it stands.
        (tmp_path / "sample-app").symlink_to(ROOT / "sample-app")
        (tmp_path / "build").symlink_to(ROOT / "build")
        yield Runs(world, tmp_path)
    finally:
        world.close()


def test_from_nothing_again_and_removed(runs):
    first = runs.run("first")
    again = runs.run("again")
    end = printed(first, "What is there now")
    assert end == printed(again, "What is there now")
    assert [f"  {region}  tour-app CREATE_COMPLETE  table ACTIVE  key tour-common" in line
            for region, line in zip(("us-east-1", "us-west-2"), end.splitlines())] == [True, True]
    for heading in ("The two stacks", "The common key", "The hosted zone", "Health checks"):
        assert printed(first, heading) == printed(again, heading), heading
    assert [len(images(each)) for each in (first, again)] == [2, 2]
    assert "us-east-1: all 21 todos" in json.dumps(again)

    # What it does on AWS is told by variables that tools of AWS know, so that it can be asked here, too.
    variables = json.loads(runs.world.tandem("env", "--output", "json").stdout)
    # The last cell runs twice: once everything is gone, there is nothing for it to do.
    removed = runs.run("removed", variables, last_again=True, TARGET=('"local"', '"aws"'), REMOVE=("False", "True"),
                       DOMAIN=('{"local": "tour.tandem.test", "aws": "tour.example.com"}[TARGET]',
                               '"tour.tandem.test"'))
    assert printed(removed, "Taking it down") == "removed\n"
    world = runs.world
    for region in world.weights:
        assert world.client("cloudformation", region).list_stacks(
            StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"] == []
        assert world.client("dynamodb", region).list_tables()["TableNames"] == []
        assert world.client("apigateway", region).get_api_keys()["items"] == []
        assert world.client("apigateway", region).get_usage_plans()["items"] == []
        assert world.client("apigateway", region).get_domain_names()["items"] == []
        assert world.client("acm", region).list_certificates()["CertificateSummaryList"] == []
        assert world.client("s3", region).list_buckets()["Buckets"] == []
    assert world.client("route53").list_health_checks()["HealthChecks"] == []
    zone = world.client("route53").list_hosted_zones()["HostedZones"][0]
    assert zone["ResourceRecordSetCount"] == 2
    # What AWS has retired or renamed since Debian's botocore would be named here.
    calls = runs.calls()
    assert {"CreateTable", "CreateApiKey", "CreateHealthCheck"} <= {operation for _, operation, _ in calls}
    assert judges.faults_in(calls) == []


def test_it_is_kept_without_outputs():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert [cell["id"] for cell in cells
            if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"])] == []
