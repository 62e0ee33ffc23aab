"""CodeBuild as its API reference and user guide describe it, with builds that run true commands."""
import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.sdk.cloudwatch_helpers import arrives, total
from tests.support.coverage import not_called
from tests.support.waiting import wait_for

ENVIRONMENT = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
               "computeType": "BUILD_GENERAL1_SMALL"}


def buildspec(*commands, **more):
    return json.dumps({"version": "0.2", "phases": {"build": {"commands": list(commands)}}, **more})


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("codebuild")


@pytest.fixture(scope="module")
def role(aws):
    iam = aws.client("iam")
    name = f"codebuild-test-{uuid.uuid4().hex[:12]}"
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["logs:*", "s3:*", "sts:*"], "Resource": "*"}]}))
    yield arn
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def bucket(aws):
    s3 = aws.client("s3")
    name = f"codebuild-test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def make(client, role):
    names = []

    def create(spec="", **more):
        name = f"test-{uuid.uuid4().hex[:12]}"
        settings = {"source": {"type": "NO_SOURCE", "buildspec": spec}, "artifacts": {"type": "NO_ARTIFACTS"},
                    "environment": ENVIRONMENT, "serviceRole": role, **more}
        client.create_project(name=name, **settings)
        names.append(name)
        return name

    yield create
    for name in names:
        client.delete_project(name=name)


def shown(client, build_id):
    return client.batch_get_builds(ids=[build_id])["builds"][0]


def finished(client, build_id):
    wait_for(lambda: shown(client, build_id)["buildComplete"], timeout=300, what=f"the end of {build_id}")
    return shown(client, build_id)


def build(client, name, **overrides):
    return finished(client, client.start_build(projectName=name, **overrides)["build"]["id"])


def log_of(aws, done):
    logs = aws.client("logs")
    answer = logs.get_log_events(logGroupName=done["logs"]["groupName"],
                                 logStreamName=done["logs"]["streamName"], startFromHead=True)
    return "".join(event["message"] for event in answer["events"])


def contexts(done):
    return [(phase["phaseType"], context["statusCode"], context["message"]) for phase in done["phases"]
            for context in phase.get("contexts", []) if context.get("statusCode")]


# API reference, Build and BuildPhase; user guide, "Build phase transitions" and "View build details".
def test_a_build_runs_its_commands(aws, client, make):
    name = make(buildspec("echo \"hello $CODEBUILD_BUILD_ID\"", "pwd"))
    started = client.start_build(projectName=name)["build"]
    assert started["buildStatus"] == "IN_PROGRESS"
    assert started["id"].startswith(f"{name}:")
    assert started["arn"].endswith(f":build/{started['id']}")
    done = finished(client, started["id"])
    log = log_of(aws, done)
    assert done["buildStatus"] == "SUCCEEDED", log
    assert [phase["phaseType"] for phase in done["phases"]] == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
        "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]
    assert all(phase["phaseStatus"] == "SUCCEEDED" for phase in done["phases"][:-1])
    assert done["buildNumber"] == 1
    assert done["logs"]["groupName"] == f"/aws/codebuild/{name}"
    assert done["endTime"] >= done["startTime"]
    assert f"\nhello {started['id']}\n" in log
    assert "Running command pwd\n/codebuild/output/src" in log
    assert "Phase complete: BUILD State: SUCCEEDED" in log
    # User guide, "CodeBuild CloudWatch metrics".
    cloudwatch, project = aws.client("cloudwatch"), {"ProjectName": name}
    arrives(cloudwatch, "AWS/CodeBuild", "SucceededBuilds", project, 1.0)
    assert total(cloudwatch, "AWS/CodeBuild", "FailedBuilds", project) is None
    whole = total(cloudwatch, "AWS/CodeBuild", "Duration", project, "Average")
    assert 0 <= total(cloudwatch, "AWS/CodeBuild", "BuildDuration", project, "Average") <= whole


# User guide, "Build phase transitions": POST_BUILD runs after a BUILD that failed.
def test_a_failed_command_fails_its_phase(aws, client, make):
    spec = json.dumps({"version": "0.2", "phases": {
        "build": {"commands": ["sh -c 'exit 3'"]},
        "post_build": {"commands": ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"]}}})
    done = build(client, make(spec))
    assert done["buildStatus"] == "FAILED"
    assert contexts(done) == [("BUILD", "COMMAND_EXECUTION_ERROR",
                               "Error while executing command: sh -c 'exit 3'. Reason: exit status 3")]
    assert "\nsucceeding=0\n" in log_of(aws, done)


# User guide, "Environment variables in build environments": the order of precedence, and exported-variables.
def test_variables_of_the_start_count_most(aws, client, make):
    spec = buildspec("echo \"$A $B $C\"", "export OUT=$((40 + 2))",
                     env={"variables": {"A": "spec", "B": "spec", "C": "spec"}, "exported-variables": ["OUT", "A"]})
    name = make(spec, environment={**ENVIRONMENT, "environmentVariables": [
        {"name": "A", "value": "project"}, {"name": "B", "value": "project"}]})
    done = build(client, name, environmentVariablesOverride=[{"name": "A", "value": "start"}])
    assert "\nstart project spec\n" in log_of(aws, done)
    assert {v["name"]: v["value"] for v in done["exportedEnvironmentVariables"]} == {"OUT": "42", "A": "start"}


# API reference, ProjectSource and ProjectArtifacts; user guide, "Multiple input sources and output artifacts".
def test_source_and_artifacts_are_objects_of_s3(aws, client, make, bucket):
    s3 = aws.client("s3")
    spec = ("version: 0.2\nphases:\n  build:\n    commands:\n      - mkdir dist\n"
            "      - cat one.txt $CODEBUILD_SRC_DIR_more/two.txt > dist/both.txt\n"
            "artifacts:\n  base-directory: dist\n  files: ['**/*']\n"
            "  secondary-artifacts:\n    plain:\n      files: [dist/both.txt]\n      discard-paths: yes\n")
    s3.put_object(Bucket=bucket, Key="in/app.zip", Body=zipped({"buildspec.yml": spec, "one.txt": "1"}))
    s3.put_object(Bucket=bucket, Key="in/more.zip", Body=zipped({"two.txt": "2"}))
    name = make(source={"type": "S3", "location": f"{bucket}/in/app.zip"},
                secondarySources=[{"type": "S3", "location": f"{bucket}/in/more.zip", "sourceIdentifier": "more"}],
                artifacts={"type": "S3", "location": bucket, "path": "out", "namespaceType": "BUILD_ID",
                           "name": "app.zip", "packaging": "ZIP"},
                secondaryArtifacts=[{"type": "S3", "location": bucket, "path": "out", "name": "plain",
                                     "packaging": "NONE", "artifactIdentifier": "plain"}])
    done = build(client, name)
    assert done["buildStatus"] == "SUCCEEDED", log_of(aws, done)
    key = f"out/{done['id'].split(':')[1]}/app.zip"
    assert done["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/{key}"
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(body)).read("both.txt") == b"12"
    assert s3.get_object(Bucket=bucket, Key="out/plain/both.txt")["Body"].read() == b"12"
    assert done["secondaryArtifacts"][0]["artifactIdentifier"] == "plain"


# User guide, "Troubleshooting": texts of phase contexts.
def test_what_is_not_there_fails_its_phase(client, make, bucket):
    name = make(source={"type": "S3", "location": f"{bucket}/absent.zip"})
    (phase, code, message), = contexts(build(client, name))
    assert (phase, code) == ("DOWNLOAD_SOURCE", "CLIENT_ERROR")
    assert message.startswith("NoSuchKey: The specified key does not exist.")
    name = make(buildspec("true", artifacts={"files": ["absent"]}), artifacts={"type": "S3", "location": bucket})
    assert contexts(build(client, name)) == [
        ("UPLOAD_ARTIFACTS", "CLIENT_ERROR", "no matching artifact paths found")]


# API reference, StopBuild, RetryBuild, BatchDeleteBuilds.
def test_a_build_is_stopped_and_tried_again(client, make):
    name = make(buildspec("sleep 300"))
    first = client.start_build(projectName=name)["build"]["id"]
    wait_for(lambda: shown(client, first)["currentPhase"] == "BUILD", timeout=300, what="BUILD")
    not_deleted = client.batch_delete_builds(ids=[first])["buildsNotDeleted"]
    assert not_deleted[0]["statusCode"] == "BUILD_IN_PROGRESS"
    assert client.stop_build(id=first)["build"]["id"] == first
    done = finished(client, first)
    assert done["buildStatus"] == "STOPPED"
    second = client.retry_build(id=first)["build"]
    assert second["buildNumber"] == 2
    client.stop_build(id=second["id"])
    assert finished(client, second["id"])["buildStatus"] == "STOPPED"
    assert client.list_builds_for_project(projectName=name)["ids"] == [second["id"], first]
    assert first in client.list_builds(sortOrder="DESCENDING")["ids"]
    wait_for(lambda: client.batch_delete_builds(ids=[first]).get("buildsDeleted"), what="the deletion")
    assert client.batch_get_builds(ids=[first])["buildsNotFound"] == [first]


# User guide, "Identity and access": commands have the credentials of the project's role.
def test_commands_have_the_roles_credentials(aws, client, make, role):
    done = build(client, make(buildspec("aws sts get-caller-identity --query Arn --output text || "
                                        "python3 -c 'import boto3; "
                                        "print(boto3.client(\"sts\").get_caller_identity()[\"Arn\"])'")))
    name = role.rsplit("/", 1)[1]
    assert f":assumed-role/{name}/AWSCodeBuild-{done['id'].split(':')[1]}" in log_of(aws, done)


# API reference, CreateProject, UpdateProject, BatchGetProjects, ListProjects, DeleteProject.
def test_projects_are_kept(client, make, role):
    name = make(buildspec("true"), description="first", tags=[{"key": "team", "value": "a"}])
    project = client.batch_get_projects(names=[name])["projects"][0]
    assert project["serviceRole"] == role
    assert project["tags"] == [{"key": "team", "value": "a"}]
    assert (project["timeoutInMinutes"], project["queuedTimeoutInMinutes"]) == (60, 480)
    changed = client.update_project(name=name, description="second", timeoutInMinutes=5)["project"]
    assert (changed["description"], changed["timeoutInMinutes"]) == ("second", 5)
    assert changed["tags"] == project["tags"]
    names = [each for page in client.get_paginator("list_projects").paginate() for each in page["projects"]]
    assert name in names
    with pytest.raises(ClientError) as refused:
        client.create_project(name=name, source={"type": "NO_SOURCE", "buildspec": buildspec("true")},
                              artifacts={"type": "NO_ARTIFACTS"}, environment=ENVIRONMENT, serviceRole=role)
    assert refused.value.response["Error"]["Code"] == "ResourceAlreadyExistsException"
    # User guide, "Troubleshooting": a role that is not there, or does not let CodeBuild in.
    with pytest.raises(ClientError) as refused:
        client.update_project(name=name, serviceRole=f"{role}-none")
    assert refused.value.response["Error"] == {
        "Code": "InvalidInputException",
        "Message": f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}-none"}
    client.delete_project(name=name)
    assert client.batch_get_projects(names=[name])["projectsNotFound"] == [name]
    with pytest.raises(ClientError) as refused:
        client.start_build(projectName=name)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


# API reference, ListCuratedEnvironmentImages.
def test_curated_images_are_listed(client):
    names = [image["name"] for platform in client.list_curated_environment_images()["platforms"]
             for language in platform["languages"] for image in language["images"]]
    assert "aws/codebuild/amazonlinux-x86_64-standard:5.0" in names


# Seen of AWS by many: the source and the artifacts of CodePipeline go together.
def test_codepipelines_source_goes_with_its_artifacts(client, role):
    with pytest.raises(ClientError) as refused:
        client.create_project(name=f"test-{uuid.uuid4().hex[:12]}", source={"type": "CODEPIPELINE"},
                              artifacts={"type": "NO_ARTIFACTS"}, environment=ENVIRONMENT, serviceRole=role)
    assert refused.value.response["Error"]["Message"] == (
        "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE")


def test_every_operation_was_called(aws, called):
    assert not_called(called, "codebuild", aws.region_endpoint("us-east-1")) == []
