"""The same project by its own pipelines, made by its own template, and joined by its own notebook: the repository
holds its files as they are. The token is all that its people give. What the notebook calls is the API of
global tables of 2017 (CreateGlobalTable), one key's value in both regions (CreateApiKey's `value`), a regional
domain name in each and weighted records with health checks."""
import json
import subprocess

import pytest

from tests.frameworks.conftest import HERE, HOME, OTHER, REGIONS
from tests.support.dns import query_a
from tests.support.frameworks import api_of, request
from tests.support.git_server import GitServer
from tests.support.npm import registry_missing
from tests.support.waiting import wait_for
from tests.support.world import World

PROJECT = HERE / "notes"
TOKEN = "ghp_0123456789abcdefTOKENfedcba9876543210"
DOMAIN = "notes.tandem.test"


class Notes:
    """The project in a repository that wants the token, and a world that knows its host."""

    def __init__(self, folder, sdks):
        self.folder, self.pipelines = folder, None
        self.git = GitServer(folder, TOKEN)
        files = [each for each in PROJECT.rglob("*") if each.is_file()]
        self.git.repository("acme", "notes").commit(
            "the first", {str(each.relative_to(PROJECT)): each.read_text() for each in files})
        self.world = World(application=False, extra=f"git: {{host: '{self.git.url}'}}\nlegacy_global_tables: true\n"
                                 f"functions: {{modules: {{nodejs: {sdks}}}}}\n")

    def executions(self):
        """[status] of the newest execution of each region's pipeline."""
        self.pipelines = self.pipelines or {
            region: self.world.client("codepipeline", region) for region in REGIONS}
        return [execution["status"] for region, client in self.pipelines.items()
                for execution in client.list_pipeline_executions(
                    pipelineName=f"notes-dev-{region}")["pipelineExecutionSummaries"][:1]]

    def why(self):
        """What the builds printed last, for a reader of a failure."""
        lines = []
        for region in REGIONS:
            logs = self.world.client("logs", region)
            for group in logs.describe_log_groups(logGroupNamePrefix="/aws/codebuild")["logGroups"]:
                events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
                lines += [f"{group['logGroupName']} {event['message'].rstrip()}" for event in events[-30:]]
        return "\n".join(lines)

    def host(self, region):
        return f"{api_of(self.world, region, 'dev-notes')}.execute-api.{region}.amazonaws.com"

    def close(self):
        self.world.close()
        self.git.close()


@pytest.fixture(scope="module")
def notes(tmp_path_factory, sdks):
    missing = registry_missing()
    if missing:
        pytest.skip(missing)
    project = Notes(tmp_path_factory.mktemp("git"), sdks)
    try:
        project.world.start()
        yield project
    finally:
        project.close()


def test_its_pipelines_ship_it_to_both_regions(notes):
    template = (PROJECT / "build/pipeline.yml").read_text()
    values = {"GitHubOwner": "acme", "GitHubToken": TOKEN, "GitHubBranch": "main"}
    for region in REGIONS:
        given = {**values, "DeployRegion": region}
        notes.world.client("cloudformation", region).create_stack(
            StackName="notes-pipeline", TemplateBody=template, Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()])
    for region in REGIONS:
        notes.world.client("cloudformation", region).get_waiter("stack_create_complete").wait(
            StackName="notes-pipeline", WaiterConfig={"Delay": 1})
    # AWS starts a new pipeline by itself, once.
    wait_for(lambda: len(notes.executions()) == 2 and "InProgress" not in notes.executions(),
             timeout=400, what="the pipelines")
    assert notes.executions() == ["Succeeded", "Succeeded"], notes.why()
    for region in REGIONS:
        api = notes.world.client("apigateway", region).get_rest_apis()["items"][0]
        assert api["endpointConfiguration"]["types"] == ["REGIONAL"]
        health = request(notes.world, region, notes.host(region), "GET", "/dev/health")
        assert health.json == {"region": region, "stage": "dev"}


def test_its_notebook_joins_the_regions(notes):
    world = notes.world
    # What its people had before it: the zone, and a certificate in each region.
    world.client("route53").create_hosted_zone(Name="tandem.test", CallerReference="notes")
    for region in REGIONS:
        world.client("acm", region).request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")
    notebook = notes.folder / "join.ipynb"
    notebook.write_text((PROJECT / "build/join.ipynb").read_text())
    done = subprocess.run(
        [str(world.binary), "--file", str(world.folder / "tandem.yaml"), "exec", "--",
         "/usr/bin/jupyter-nbconvert", "--to", "notebook", "--execute", "--inplace", notebook.name],
        cwd=notes.folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, f"{done.stderr[-6000:]}\n{world.process_logs()}"
    printed = "".join("".join(output.get("text", "")) for cell in json.loads(notebook.read_text())["cells"]
                      for output in cell.get("outputs", []))
    key = printed.split("key ")[1].strip()

    # One name for both, one key, one table.
    where = world.addresses["global"], world.ports["dns"]
    both = {world.addresses[region] for region in REGIONS}
    wait_for(lambda: {address for _ in range(32) for address, _ in query_a(DOMAIN, *where)} == both,
             what="both regions in the name's answers")

    def asked(region, *words):
        return request(world, region, DOMAIN, *words, key=key)

    made = asked(HOME, "POST", "/notes", {"text": "buy milk"})
    assert made.status == 200, made.text
    wait_for(lambda: asked(OTHER, "GET", f"/notes/{made.json['id']}").status == 200, what="the note over there")
    assert asked(OTHER, "GET", "/notes").json[0]["text"] == "buy milk"
    assert request(world, OTHER, DOMAIN, "GET", "/notes").status == 403
