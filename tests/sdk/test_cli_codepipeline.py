"""CodePipeline through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, codepipeline; [API] CodePipeline
API Reference, each operation's page; [UG] CodePipeline User Guide, the page named."""
import json
import uuid

import pytest

from tests.sdk.test_codepipeline import TRUST, action, approval, fresh, make_zip, source
from tests.support.waiting import wait_for

# [UG] "Invoke an AWS Lambda function in a pipeline": the job's id is in the event, and whoever has it answers.
BOOTSTRAP = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  event=$(curl -sS -D /tmp/headers "$api/next")
  id=$(grep -i lambda-runtime-aws-request-id /tmp/headers | tr -d '[:space:]' | cut -d: -f2)
  echo "$event" | sed 's/.*"CodePipeline.job":{"id":"\\([^"]*\\)".*/job \\1 ends/' >&2
  curl -sS -X POST "$api/$id/response" -d '{}' >/dev/null
done
"""


@pytest.fixture(scope="module")
def role(cli):
    """Of pipelines and functions."""
    name = fresh("cli")
    made = cli("iam", "create-role", "--role-name", name, "--assume-role-policy-document", json.dumps(TRUST))["Role"]
    cli("iam", "put-role-policy", "--role-name", name, "--policy-name", "all", "--policy-document", json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    yield made["Arn"]
    cli("iam", "delete-role-policy", "--role-name", name, "--policy-name", "all")
    cli("iam", "delete-role", "--role-name", name)


@pytest.fixture(scope="module")
def bucket(cli, tmp_path_factory):
    """Versioned, with a source in it: "code.zip"."""
    name, package = fresh("cli"), tmp_path_factory.mktemp("code") / "code.zip"
    package.write_bytes(make_zip({"index.html": "<p>"}))
    cli("s3api", "create-bucket", "--bucket", name)
    cli("s3api", "put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
    cli("s3api", "put-object", "--bucket", name, "--key", "code.zip", "--body", package)
    yield name
    found = cli("s3api", "list-object-versions", "--bucket", name)
    every = [{"Key": each["Key"], "VersionId": each["VersionId"]}
             for each in found.get("Versions", []) + found.get("DeleteMarkers", [])]
    cli("s3api", "delete-objects", "--bucket", name, "--delete", json.dumps({"Objects": every}))
    cli("s3api", "delete-bucket", "--bucket", name)


@pytest.fixture
def make(cli, role, bucket):
    """Makes a pipeline of a source and the stages given; its name."""
    names = []

    def made(*stages, **others):
        declaration = {"name": fresh("cli"), "roleArn": role, "artifactStore": {"type": "S3", "location": bucket},
                       "stages": [source(bucket, "code.zip"), *stages], "version": 1}
        created = cli("codepipeline", "create-pipeline", "--cli-input-json",
                      json.dumps({"pipeline": declaration, **others}))["pipeline"]
        assert (created["version"], created["name"]) == (1, declaration["name"])
        names.append(created["name"])
        return created["name"]

    yield made
    for name in names:
        cli("codepipeline", "delete-pipeline", "--name", name)


def ask():
    return {"name": "Ask", "actions": [approval()]}


def state_of(cli, name, stage):
    states = cli("codepipeline", "get-pipeline-state", "--name", name)["stageStates"]
    return next(each for each in states if each["stageName"] == stage)


def token_of(cli, name):
    """Of the approval that is waited for."""
    return wait_for(lambda: state_of(cli, name, "Ask")["actionStates"][0].get("latestExecution", {}).get("token"),
                    what="a token")


def say(cli, name, verdict):
    return cli("codepipeline", "put-approval-result", "--pipeline-name", name, "--stage-name", "Ask", "--action-name",
               "May", "--token", token_of(cli, name), "--result", f"summary=seen,status={verdict}")


def ends(cli, name, execution, status):
    def shown():
        return cli("codepipeline", "get-pipeline-execution", "--pipeline-name", name, "--pipeline-execution-id",
                   execution, "--query", "pipelineExecution.status", "--output", "text").strip()
    wait_for(lambda: shown() not in ("InProgress", "Stopping"), what=f"the end of {execution}")
    assert shown() == status, cli("codepipeline", "get-pipeline-state", "--name", name)


def test_a_pipeline(cli, make, tmp_path):
    # [UG] "Edit a pipeline (CLI)": get-pipeline's output is edited, its metadata removed, and given to update-pipeline.
    name = make(ask(), tags=[{"key": "a", "value": "b"}])
    shown = cli("codepipeline", "get-pipeline", "--name", name)
    arn = shown.pop("metadata")["pipelineArn"]
    shown["pipeline"]["stages"][1]["name"] = "Really"
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps(shown))
    updated = cli("codepipeline", "update-pipeline", "--cli-input-json", f"file://{file}")["pipeline"]
    assert updated == {**shown["pipeline"], "version": 2}
    first = cli("codepipeline", "get-pipeline", "--name", name, "--pipeline-version", "1")["pipeline"]
    assert first["stages"][1]["name"] == "Ask"
    assert cli("codepipeline", "list-pipelines", "--query", f"pipelines[?name=='{name}'].version") == [2]
    cli("codepipeline", "tag-resource", "--resource-arn", arn, "--tags", "key=c,value=d")
    cli("codepipeline", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert cli("codepipeline", "list-tags-for-resource", "--resource-arn", arn) == {"tags": [{"key": "c", "value": "d"}]}
    # "Account '…' does not have a pipeline with name '…'": as many issues cite it.
    code, operation, message = cli.refused("codepipeline", "get-pipeline", "--name", f"{name}-absent")
    assert (code, operation) == ("PipelineNotFoundException", "GetPipeline")
    assert message.endswith(f" does not have a pipeline with name '{name}-absent'")


def test_executions(cli, make):
    # [CLI] start-, stop-, get-, list-pipeline-execution(s), put-approval-result, retry-stage-execution
    name = make(ask())
    first = cli("codepipeline", "list-pipeline-executions", "--pipeline-name", name)["pipelineExecutionSummaries"]
    assert [(each["status"], each["trigger"]["triggerType"]) for each in first] == [("InProgress", "CreatePipeline")]
    assert "approvedAt" in say(cli, name, "Rejected")
    rejected = first[0]["pipelineExecutionId"]
    ends(cli, name, rejected, "Failed")
    retried = cli("codepipeline", "retry-stage-execution", "--pipeline-name", name, "--stage-name", "Ask",
                  "--pipeline-execution-id", rejected, "--retry-mode", "FAILED_ACTIONS")
    assert retried == {"pipelineExecutionId": rejected}
    say(cli, name, "Approved")
    ends(cli, name, rejected, "Succeeded")
    words = ("codepipeline", "start-pipeline-execution", "--name", name, "--client-request-token", str(uuid.uuid4()))
    second = cli(*words)["pipelineExecutionId"]
    assert cli(*words)["pipelineExecutionId"] == second
    cli("codepipeline", "stop-pipeline-execution", "--pipeline-name", name, "--pipeline-execution-id", second,
        "--abandon", "--reason", "enough")
    ends(cli, name, second, "Stopped")
    # --max-items is the CLI's own: it asks for all pages and says where to go on.
    page = cli("codepipeline", "list-pipeline-executions", "--pipeline-name", name, "--max-items", "1")
    assert [each["pipelineExecutionId"] for each in page["pipelineExecutionSummaries"]] == [second]
    rest = cli("codepipeline", "list-pipeline-executions", "--pipeline-name", name, "--starting-token",
               page["NextToken"])
    assert [each["pipelineExecutionId"] for each in rest["pipelineExecutionSummaries"]] == [rejected]
    details = cli("codepipeline", "list-action-executions", "--pipeline-name", name, "--filter",
                  f"pipelineExecutionId={rejected}")["actionExecutionDetails"]
    assert [(each["actionName"], each["status"]) for each in details] == [
        ("May", "Succeeded"), ("May", "Failed"), ("Fetch", "Succeeded")]


def test_transitions(cli, make):  # [UG] "Disable or enable transitions (CLI)"
    name = make(ask())
    words = ("--pipeline-name", name, "--stage-name", "Ask", "--transition-type", "Inbound")
    token_of(cli, name)  # The run that comes with a new pipeline is past the gate.
    cli("codepipeline", "disable-stage-transition", *words, "--reason", "not yet")
    say(cli, name, "Approved")
    held = cli("codepipeline", "start-pipeline-execution", "--name", name)["pipelineExecutionId"]
    wait_for(lambda: state_of(cli, name, "Ask").get("inboundExecution", {}).get("pipelineExecutionId") == held)
    transition = state_of(cli, name, "Ask")["inboundTransitionState"]
    assert (transition["enabled"], transition["disabledReason"]) == (False, "not yet")
    cli("codepipeline", "enable-stage-transition", *words)
    say(cli, name, "Approved")
    ends(cli, name, held, "Succeeded")


@pytest.fixture
def function(cli, role, tmp_path):
    """Prints its job's id and leaves the answer to others."""
    name, package = fresh("cli"), tmp_path / "function.zip"
    package.write_bytes(make_zip({"bootstrap": BOOTSTRAP}))
    cli("lambda", "create-function", "--function-name", name, "--runtime", "provided.al2023", "--handler", "bootstrap",
        "--role", role, "--zip-file", f"fileb://{package}")
    cli("lambda", "wait", "function-active-v2", "--function-name", name)
    yield name
    cli("lambda", "delete-function", "--function-name", name)


def jobs(cli, function):
    """Ids of jobs, oldest first."""
    found = cli.run("logs", "filter-log-events", "--log-group-name", f"/aws/lambda/{function}", "--query",
                    "events[?starts_with(message, 'job ')].message", "--output", "json")
    return [each.split()[1] for each in json.loads(found.stdout)] if found.code == 0 else []


def test_jobs(cli, make, function):  # [API] PutJobSuccessResult, PutJobFailureResult
    call = action("Call", "Invoke/AWS/Lambda", {"FunctionName": function}, inputs=["Code"], namespace="called")
    name = make({"name": "Call", "actions": [call]})

    def last():
        return cli("codepipeline", "list-action-executions", "--pipeline-name", name)["actionExecutionDetails"][0]

    wait_for(lambda: len(jobs(cli, function)) == 1, what="the job")
    cli("codepipeline", "put-job-success-result", "--job-id", jobs(cli, function)[0], "--output-variables", "Said=done")
    ends(cli, name, last()["pipelineExecutionId"], "Succeeded")
    assert last()["output"]["outputVariables"] == {"Said": "done"}
    second = cli("codepipeline", "start-pipeline-execution", "--name", name)["pipelineExecutionId"]
    wait_for(lambda: len(jobs(cli, function)) == 2, what="the second job")
    job = jobs(cli, function)[1]
    cli("codepipeline", "put-job-failure-result", "--job-id", job, "--failure-details", "type=JobFailed,message=no luck")
    ends(cli, name, second, "Failed")
    latest = state_of(cli, name, "Call")["actionStates"][0]["latestExecution"]
    assert latest["errorDetails"]["message"] == "no luck"
    # [API] "The job state was specified in an invalid format" or not found: it has its result already.
    code, operation, _ = cli.refused("codepipeline", "put-job-success-result", "--job-id", str(uuid.uuid4()))
    assert (code, operation) == ("JobNotFoundException", "PutJobSuccessResult")


def test_action_types(cli):  # [CLI] list-action-types
    providers = cli("codepipeline", "list-action-types", "--action-owner-filter", "AWS", "--query",
                    "actionTypes[].id.provider")
    assert {"S3", "CloudFormation", "CodeBuild", "Lambda", "Manual"} <= set(providers)


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("codepipeline", aws.region_endpoint("us-east-1")) == []
