"""From a commit at a Git server that wants a token, through real builds, to both regions."""
import concurrent.futures
import json
import os
import pathlib
import signal
import stat
import subprocess
import tempfile

import pytest

from tests.support import versioned_app
from tests.support.client import call
from tests.support.git_server import GitServer
from tests.support.processes import kill
from tests.support.waiting import wait_for
from tests.support.world import ROOT, World

HOME, OTHER = "us-east-1", "us-west-2"
TOKEN = "ghp_0123456789abcdefTOKENfedcba9876543210"


class Shop:
    """A world whose application is deployed by hand at version 0, its repository, and its pipelines."""

    def __init__(self, extra="", clock="1x"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-git-"))
        self.server = GitServer(self.folder, TOKEN)
        self.repository = self.server.repository("acme", "shop")
        self.world = World(
            template=ROOT / "sample-app/template.yaml", clock=clock,
            artifact=versioned_app.package("0", self.folder / "app.zip"),
            extra=f"git: {{host: '{self.server.url}'}}\n"
                  f"pipeline:\n  template: {ROOT}/pipeline/pipeline.yml\n  repository: acme/shop\n"
                  f"  token: env:SHOP_TOKEN\n{extra}")
        self.key = self.world.up()["apiKey"]

    def pipeline(self, *words, check=True, token=TOKEN):
        os.environ.pop("SHOP_TOKEN", None)
        if token:
            os.environ["SHOP_TOKEN"] = token
        try:
            done = self.world.tandem("pipeline", *words, "--output", "json", check=check, timeout=300)
        finally:
            os.environ.pop("SHOP_TOKEN", None)
        return json.loads(done.stdout) if check else done

    def version(self, region):
        status, headers, body = call(self.world, region, "GET", "/todos", self.key)
        assert (status, headers["x-region"]) == (200, region), body
        return json.loads(body)["version"]

    def versions(self):
        return [self.version(region) for region in (HOME, OTHER)]

    def stages(self, region=HOME):
        """{stage: status} of the newest run."""
        shown = self.pipeline("status", "--region", region)["pipelines"][0]
        return {stage["name"]: stage["status"] for stage in shown["execution"]["stages"]}

    def close(self):
        self.world.close()
        self.server.close()


@pytest.fixture(scope="module")
def shop():
    shop = Shop()
    try:
        shop.repository.commit("the first", versioned_app.files("1"))
        shop.pipeline("up")
        for region in (HOME, OTHER):
            ended(shop, region)
        yield shop
    finally:
        shop.close()


def ended(shop, region):
    """The newest run, once it has ended."""
    def run():
        execution = shop.pipeline("status", "--region", region)["pipelines"][0].get("execution")
        return execution if execution and execution["status"] != "InProgress" else None
    return wait_for(run, timeout=120, what="the run's end")


def test_a_new_pipeline_runs_at_once_and_ships_what_is_there(shop):
    # "Create a pipeline": a new pipeline begins to run when it is made.
    assert shop.versions() == ["1", "1"]
    status = shop.pipeline("status")["pipelines"]
    assert [one["execution"]["trigger"] for one in status] == ["CreatePipeline"] * 2


def test_a_commit_is_shipped_to_both_regions(shop):
    commit = shop.repository.commit("the second", versioned_app.files("2"))
    runs = shop.pipeline("run")["runs"]
    assert [run["execution"]["status"] for run in runs] == ["Succeeded", "Succeeded"]
    assert {run["execution"]["revision"] for run in runs} == {commit}
    assert {run["execution"]["revisionSummary"] for run in runs} == {"the second"}
    stages = runs[0]["execution"]["stages"]
    assert [stage["name"] for stage in stages] == ["Source", "Build", "Deploy"]
    print({stage["name"]: stage["seconds"] for stage in stages})
    assert shop.versions() == ["2", "2"]


def test_a_broken_commit_stops_at_build_and_nothing_changes(shop):
    before = shop.versions()
    shop.repository.commit("broken", versioned_app.files("3", **{"test.py": "raise SystemExit('no')\n"}))
    done = shop.pipeline("run", check=False)
    assert done.returncode == 1
    runs = json.loads(done.stdout)["runs"]
    # The other region was not begun.
    assert [run["deploysTo"] for run in runs] == [HOME]
    stages = {stage["name"]: stage["status"] for stage in runs[0]["execution"]["stages"]}
    assert stages == {"Source": "Succeeded", "Build": "Failed", "Deploy": ""}
    assert "Error while executing command: python3 test.py. Reason: exit status 1" in done.stderr
    # What CodeBuild logs after that is no reason; the lines end as lines do.
    told = [line.strip() for line in done.stderr.splitlines() if line.startswith("    ") and line.strip()]
    assert told[-2] == "no"
    assert told[-1].endswith("Command did not exit successfully python3 test.py exit status 1")
    assert f"tandem pipeline logs --region {HOME} --stage Build" in done.stderr
    assert shop.versions() == before


def test_logs_are_lines_and_a_stage_that_there_is_not_is_an_error(shop):
    # Of the runs that have ended: --follow ends with them, an object a line.
    done = shop.world.tandem("pipeline", "logs", "-F", "--stage", "Build", "--output", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["deploysTo"] for line in lines} == {HOME, OTHER}
    assert {line["stage"] for line in lines} == {"Build"}
    assert not any(line["message"].endswith("\n") for line in lines)
    text = shop.world.tandem("pipeline", "logs", "--region", OTHER).stdout
    assert "\\x0a" not in text and "all is well" in text
    done = shop.pipeline("logs", "--stage", "Nope", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["message"]) == (
        2, "there is no stage 'Nope'; there are Source, Build, Deploy")
    done = shop.pipeline("logs", "--stage", "Source", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["message"]) == (2, "stage Source has no builds")


def test_a_failing_deploy_leaves_the_old_version_serving(shop):
    before = shop.versions()
    template = (ROOT / "sample-app/template.yaml").read_text().replace("MemorySize: 256", "MemorySize: 1")
    shop.repository.commit("too small", versioned_app.files("4", **{"template.yaml": template}))
    done = shop.pipeline("run", check=False)
    assert done.returncode == 1
    run = json.loads(done.stdout)["runs"][0]["execution"]
    assert {stage["name"]: stage["status"] for stage in run["stages"]} == {
        "Source": "Succeeded", "Build": "Succeeded", "Deploy": "Failed"}
    # What CloudFormation said of the resource is among the lines that are shown.
    assert "Function" in done.stderr and "MemorySize" in done.stderr, done.stderr
    assert shop.versions() == before


def test_without_the_token_there_is_no_pipeline_and_with_a_wrong_one_no_source(shop):
    stack = shop.world.client("cloudformation").describe_stacks(StackName=f"todo-pipeline-{HOME}")["Stacks"][0]
    shown = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert shown["OAuthToken"] == "****"
    # Without one in the environment the stacks keep theirs.
    assert {one["outcome"] for one in shop.pipeline("up", token=None)["pipelines"]} == {"unchanged"}
    assert not any(allowed is False for _, allowed in shop.server.requests[-2:])
    shop.pipeline("up", token="wrong")
    try:
        done = shop.pipeline("run", "--region", HOME, check=False)
        assert done.returncode == 1
        assert "does not exist, or the GitHub access token provided has insufficient permissions" in done.stderr
    finally:
        shop.pipeline("up")


def test_the_token_is_nowhere_to_be_read(shop):
    client = shop.world.client("codepipeline")
    name = f"todo-pipeline-{HOME}"
    said = json.dumps([
        client.get_pipeline(name=name), client.get_pipeline_state(name=name),
        client.list_pipeline_executions(pipelineName=name),
        client.list_action_executions(pipelineName=name),
        shop.world.client("cloudformation").describe_stacks(),
        shop.world.client("cloudformation").describe_stack_events(StackName=name),
        shop.world.client("cloudformation").get_template(StackName=name),
        shop.pipeline("logs")], default=str)
    assert TOKEN not in said
    for path in shop.world.folder.rglob("*"):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode):
            continue
        if path.name == "log" or others_may_read(path, shop.world.folder):
            assert TOKEN.encode() not in path.read_bytes(), path


def others_may_read(path, top):
    while True:
        mode = path.stat().st_mode
        if not mode & (stat.S_IROTH if path.is_file() else stat.S_IXOTH):
            return False
        if path == top:
            return True
        path = path.parent


def test_what_waits_for_approval_is_found_in_whichever_run_it_is(shop):
    client = shop.world.client("codepipeline")
    declared = client.get_pipeline(name=f"todo-pipeline-{HOME}")["pipeline"]
    approval = {"name": "Gate", "actions": [{"name": "Look", "actionTypeId": {
        "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}}]}
    stages = declared["stages"]
    client.update_pipeline(pipeline={**declared, "stages": [stages[0], approval, *stages[1:]]})
    try:
        done = shop.pipeline("approve", check=False)
        assert (done.returncode, json.loads(done.stdout)["answered"]) == (1, [])
        shop.pipeline("run", "--region", HOME, "--no-wait")
        wait_for(lambda: shop.stages().get("Gate") == "InProgress", what="the first approval")
        # A newer run stands behind it, and gives way to one that is newer still.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            following = pool.submit(shop.world.tandem, "pipeline", "run", "--region", HOME, check=False, timeout=300)
            wait_for(lambda: "waiting: an earlier run waits for approval" in shop.world.tandem(
                "pipeline", "status", "--region", HOME).stdout, what="the second run before the stage")
            third = shop.pipeline("run", "--region", HOME, "--no-wait")["runs"][0]["execution"]["id"]
            done = following.result()
        assert done.returncode == 1
        assert f"{HOME}: a newer run took its place (the newest is {third})" in done.stderr
        for _ in range(2):
            answered = wait_for(lambda: json.loads(shop.pipeline(
                "approve", "--reject", "--region", HOME, check=False).stdout)["answered"], what="an approval")
            assert [(one["deploysTo"], one["stage"], one["action"]) for one in answered] == [(HOME, "Gate", "Look")]
        wait_for(lambda: ended(shop, HOME)["status"] == "Failed", what="the third run's end")
        executions = client.list_pipeline_executions(pipelineName=declared["name"])["pipelineExecutionSummaries"]
        assert [one["status"] for one in executions[:3]] == ["Failed", "Superseded", "Failed"]
        # An approval that is rejected is no failure of a job.
        assert f"{HOME} Gate/Look: rejected\n" in shop.world.tandem("pipeline", "status", "--region", HOME).stdout
    finally:
        client.update_pipeline(pipeline=declared)
    shown = shop.world.tandem("pipeline", "status", "--region", HOME).stdout
    assert f"{HOME} Gate/Look: rejected\n" in shown
    assert f"{HOME}: the run ended as Failed, in a stage that the pipeline no longer has" in shown


def test_a_held_stage_is_shown_when_nothing_runs(shop):
    client = shop.world.client("codepipeline", OTHER)
    gate = {"pipelineName": f"todo-pipeline-{OTHER}", "stageName": "Deploy", "transitionType": "Inbound"}
    client.disable_stage_transition(reason="a freeze", **gate)
    shown = shop.world.tandem("pipeline", "status", "--region", OTHER).stdout
    client.enable_stage_transition(**gate)
    assert "Succeeded; its inbound transition is disabled (a freeze)" in shown


def test_a_dead_region_hides_no_other(shop):
    kill(shop.world, OTHER)
    try:
        done = shop.pipeline("status", check=False)
        shown = json.loads(done.stdout)
        assert (done.returncode, [one["deploysTo"] for one in shown["pipelines"]]) == (3, [HOME])
        assert list(shown["unknown"]) == [OTHER]
        assert shop.pipeline("status", "--region", HOME)["unknown"] == {}
        assert shop.pipeline("status", "--region", OTHER, check=False).returncode == 3
    finally:
        shop.world.tandem("region", "start", OTHER)


def test_when_nothing_runs_no_single_region_is_the_remedy(shop):
    shop.world.tandem("down")
    try:
        done = shop.world.tandem("pipeline", "status", check=False)
        assert (done.returncode, "'tandem up --no-deploy' starts the processes" in done.stderr) == (3, True)
    finally:
        shop.world.start()


def test_an_interrupted_command_says_that_the_run_goes_on(shop):
    command = subprocess.Popen([str(shop.world.binary), "pipeline", "run"], cwd=shop.world.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "Source" in command.stderr.readline()
    command.send_signal(signal.SIGINT)
    _, told = command.communicate(timeout=30)
    # Ended by the signal, as a shell wants it: 130 there.
    assert command.returncode == -signal.SIGINT
    assert f"the run in {HOME} goes on: 'tandem pipeline status'; not begun: {OTHER}" in told
    ended(shop, HOME)
    assert shop.stages()["Build"] == "Succeeded"


def test_up_says_that_it_puts_its_own_package_over_a_pipelines(shop):
    shown = shop.world.tandem("plan", "--output", "json")
    warnings = json.loads(shown.stdout)["warnings"]
    assert len(warnings) == 1 and f"the code in {HOME} and {OTHER} may be what a pipeline shipped" in warnings[0]


@pytest.mark.parametrize("stage", ["Source", "Build", "Deploy"])
def test_a_run_survives_the_kill_of_its_region(shop, stage):
    version = f"after-{stage}"
    commit = shop.repository.commit(version, versioned_app.files(version))
    # Who follows it is told when the region is gone for longer than he would wait, or follows it to its end.
    patience = "0" if stage == "Source" else "60"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        following = pool.submit(shop.world.tandem, "pipeline", "run", "--region", HOME, "--patience", patience,
                                "--output", "json", check=False, timeout=300)
        wait_for(lambda: running(shop, stage), what=stage)
        kill(shop.world, HOME)
        if stage == "Source":
            done = following.result()
            assert done.returncode == 3, done.stderr
        shop.world.tandem("region", "start", HOME)
        run = ended(shop, HOME)
        done = following.result()
    assert (run["status"], run["revision"]) == ("Succeeded", commit)
    assert shop.version(HOME) == version
    followed = json.loads(done.stdout)["runs"][0]
    assert followed["execution"]["id"] == run["id"]
    if stage == "Source":
        assert f"{HOME} does not answer" in followed["error"]
    else:
        assert (done.returncode, followed["execution"]["status"]) == (0, "Succeeded"), done.stderr


def running(shop, stage):
    """Whether a run is under way and has come to the stage."""
    execution = shop.pipeline("status", "--region", HOME)["pipelines"][0]["execution"]
    found = {one["name"]: one["status"] for one in execution["stages"]}
    return execution["status"] == "InProgress" and found[stage] in ("InProgress", "Succeeded")
