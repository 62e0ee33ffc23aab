"""CodeBuild through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, codebuild; [API] CodeBuild API
Reference, each operation's page; [UG] CodeBuild User Guide, the page named."""
import json
import uuid

import pytest

from tests.support.waiting import wait_for

ENVIRONMENT = "type=LINUX_CONTAINER,image=aws/codebuild/standard:7.0,computeType=BUILD_GENERAL1_SMALL"
TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                        "Principal": {"Service": "codebuild.amazonaws.com"}}]}
# [UG] "Give CodeBuild access to its log group"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def role(cli):
    name = f"cli-{uuid.uuid4().hex[:12]}"
    made = cli("iam", "create-role", "--role-name", name, "--assume-role-policy-document", json.dumps(TRUST))["Role"]
    cli("iam", "put-role-policy", "--role-name", name, "--policy-name", "logs", "--policy-document",
        json.dumps(POLICY))
    yield made["Arn"]
    cli("iam", "delete-role-policy", "--role-name", name, "--policy-name", "logs")
    cli("iam", "delete-role", "--role-name", name)


def source_of(*commands):
    spec = json.dumps({"version": "0.2", "phases": {"build": {"commands": list(commands)}}})
    return json.dumps({"type": "NO_SOURCE", "buildspec": spec})


@pytest.fixture
def project(cli, role):
    name = f"cli-{uuid.uuid4().hex[:12]}"
    cli("codebuild", "create-project", "--name", name, "--source", source_of("echo built"), "--artifacts",
        "type=NO_ARTIFACTS", "--environment", ENVIRONMENT, "--service-role", role, "--tags", "key=team,value=a")
    yield name
    cli("codebuild", "delete-project", "--name", name)


def shown(cli, build):
    return cli("codebuild", "batch-get-builds", "--ids", build)["builds"][0]


def finished(cli, build):
    wait_for(lambda: shown(cli, build)["buildComplete"], timeout=300, what=f"the end of {build}")
    return shown(cli, build)


def test_a_project(cli, project):  # [API] Project
    shown_project = cli("codebuild", "batch-get-projects", "--names", project)["projects"][0]
    assert shown_project["arn"].endswith(f":project/{project}")
    assert shown_project["tags"] == [{"key": "team", "value": "a"}]
    cli("codebuild", "update-project", "--name", project, "--timeout-in-minutes", "7")
    assert cli("codebuild", "batch-get-projects", "--names", project, "--query",
               "projects[].timeoutInMinutes") == [7]
    assert project in cli("codebuild", "list-projects", "--sort-by", "NAME")["projects"]
    code, operation, _ = cli.refused("codebuild", "update-project", "--name", f"{project}-absent")
    assert (code, operation) == ("ResourceNotFoundException", "UpdateProject")


def test_builds(cli, project):  # [API] StartBuild, StopBuild, RetryBuild, ListBuildsForProject, BatchDeleteBuilds
    first = cli("codebuild", "start-build", "--project-name", project, "--environment-variables-override",
                "name=A,value=b")["build"]["id"]
    done = finished(cli, first)
    assert done["buildStatus"] == "SUCCEEDED" and done["buildNumber"] == 1
    assert {"name": "A", "value": "b", "type": "PLAINTEXT"} in done["environment"]["environmentVariables"]
    second = cli("codebuild", "retry-build", "--id", first)["build"]["id"]
    assert finished(cli, second)["buildNumber"] == 2
    slow = json.loads(source_of("sleep 300"))["buildspec"]
    third = cli("codebuild", "start-build", "--project-name", project, "--buildspec-override", slow)["build"]["id"]
    cli("codebuild", "stop-build", "--id", third)
    assert finished(cli, third)["buildStatus"] == "STOPPED"
    assert cli("codebuild", "list-builds-for-project", "--project-name", project)["ids"] == [third, second, first]
    assert {first, second, third} <= set(cli("codebuild", "list-builds")["ids"])
    wait_for(lambda: len(cli("codebuild", "batch-delete-builds", "--ids", first, second,
                             third).get("buildsNotDeleted", [])) == 3, what="the deletion of all")
    assert cli("codebuild", "list-builds-for-project", "--project-name", project)["ids"] == []


def test_images(cli):  # [API] ListCuratedEnvironmentImages
    platforms = cli("codebuild", "list-curated-environment-images")["platforms"]
    assert {"AMAZON_LINUX", "UBUNTU"} <= {platform["platform"] for platform in platforms}


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("codebuild", aws.region_endpoint("us-east-1")) == []
