"""Two pipelines in one region, one for each region that is deployed to, which nobody starts; and one whose
build installs packages."""
import json
import shutil
import subprocess

import pytest

from tests.e2e.test_pipelines import HOME, OTHER, Shop
from tests.support import versioned_app
from tests.support.npm import registry_missing
from tests.support.waiting import wait_for
from tests.support.world import ROOT


@pytest.fixture(scope="module")
def polled():
    # A minute between two looks at the repository is three seconds at this pace.
    shop = Shop(extra=f"  poll: true\n  region: {HOME}\n", clock="20x")
    try:
        shop.repository.commit("the first", versioned_app.files("1"))
        shop.pipeline("up")
        yield shop
    finally:
        shop.close()


def test_a_commit_reaches_both_regions_without_a_command(polled):
    wait_for(lambda: polled.versions() == ["1", "1"], timeout=120, what="the first version")
    shown = polled.pipeline("status")["pipelines"]
    assert [(one["deploysTo"], one["region"]) for one in shown] == [(HOME, HOME), (OTHER, HOME)]
    polled.repository.commit("the second", versioned_app.files("2"))
    wait_for(lambda: polled.versions() == ["2", "2"], timeout=120, what="the second version")
    newest = [one["execution"] for one in polled.pipeline("status")["pipelines"]]
    assert {one["trigger"] for one in newest} == {"PollForSourceChanges"}


def test_a_disabled_transition_holds_one_region_until_it_is_released(polled):
    # "Manage transitions between stages": a run waits before a stage whose inbound transition is disabled.
    client = polled.world.client("codepipeline")
    gate = {"pipelineName": f"todo-pipeline-{OTHER}", "stageName": "Deploy", "transitionType": "Inbound"}
    client.disable_stage_transition(reason="one region first", **gate)
    polled.repository.commit("the third", versioned_app.files("3"))
    wait_for(lambda: polled.version(HOME) == "3", timeout=120, what="the third version at home")
    wait_for(lambda: polled.stages(OTHER)["Build"] == "Succeeded", timeout=120, what="the build")
    assert polled.version(OTHER) == "2"
    shown = polled.world.tandem("pipeline", "status", "--region", OTHER).stdout
    assert "held: its inbound transition is disabled (one region first)" in shown
    release = (f"tandem exec -- aws codepipeline enable-stage-transition --region {HOME} --pipeline-name "
               f"{gate['pipelineName']} --stage-name Deploy --transition-type Inbound")
    assert f"{OTHER} Deploy is held; this releases it: {release}" in shown
    client.enable_stage_transition(**gate)
    wait_for(lambda: polled.version(OTHER) == "3", timeout=120, what="the third version")


BUILDSPEC = """\
version: 0.2
phases:
  install:
    commands:
      - apt-get update -qq
      - apt-get install -y -qq --no-install-recommends hello
      - npm install -g --no-fund --no-audit semver@7.6.3
  build:
    commands:
      - hello --greeting="packages are here"
      - semver 1.2.3 -r '>=1.0.0'
      - npm test
  post_build:
    commands:
      - python3 package.py bootstrap todo-app.zip
artifacts:
  files:
    - todo-app.zip
    - template.yaml
    - pipeline/deployspec.yml
"""

MORE_OF_DEPLOYMENT = """\
      - API=$(aws cloudformation describe-stacks --stack-name "$APP_STACK" --query "Stacks[0].Outputs[?OutputKey=='ApiId'].OutputValue" --output text)
      - aws apigateway update-rest-api --rest-api-id "$API" --patch-operations op=replace,path=/description,value=shipped
"""


def test_a_build_installs_packages_and_a_deployment_is_what_the_tools_make_of_it(polled):
    missing = registry_missing()
    if missing:
        pytest.skip(missing)
    deployspec = (ROOT / "pipeline/deployspec.yml").read_text() + MORE_OF_DEPLOYMENT
    before = installed()
    polled.repository.commit("in JavaScript", versioned_app.files("4", **{
        "package.json": json.dumps({"name": "shop", "version": "1.0.0", "private": True,
                                    "scripts": {"test": "node -e \"require('assert').equal(1, 1)\""}}),
        "pipeline/buildspec.yml": BUILDSPEC, "pipeline/deployspec.yml": deployspec}))
    wait_for(lambda: polled.versions() == ["4", "4"], timeout=240, what="the fourth version")
    gateway = polled.world.client("apigateway")
    wait_for(lambda: [api["description"] for api in gateway.get_rest_apis()["items"]
                      if not api["name"].endswith("-drained")] == ["shipped"],
             what="the deployment's last word")
    logged = json.dumps(polled.pipeline("logs", "--region", HOME))
    assert "packages are here" in logged
    # The machine has none of it.
    assert installed() == before
    assert shutil.which("hello") is None


def installed():
    return subprocess.run(["dpkg-query", "-W"], capture_output=True, text=True, check=True).stdout
